package templates

import "fmt"

// Page is what every page needs. Its Data is the struct named after the page:
// Verification, Members, Connect or Error, or of the page disconnect an Account.
type Page struct {
	Lang       string // a code of Languages
	AppName    string
	SupportURL string // https or mailto, "": none
	Path       string // path of this page, for the language links; "": no links (an answer to a POST)
	ConnectOn  bool   // whether the navigation shows Connect
	Simulated  bool   // a banner says that Stripe is simulated
	TestMode   bool   // a banner says that nothing is really checked
	RequestID  string // shown on the error page, "": none
	StripeJS   bool   // whether to load Stripe.js, for its fraud signals
	Version    string // of the static files, so that they can be cached for long
	Logo       string // the brand's, as a name among the static files; "": our icon is shown
	Style      string // the brand's, as a name among the static files; "": none
	Data       any
}

// Verification is the data of the verification page.
type Verification struct {
	// Status is none, started, requires_input (a failed check), processing,
	// verified, canceled, exhausted, in_review, rejected or other_browser.
	Status         string
	Title, Message string // in the page's language; Title is also the start of <title>
	Next           string // one sentence: what to do; "": none
	Detail         string // Stripe's reason, in English; "": none
	AttemptsLeft   int
	MaxAttempts    int
	ShowAttempts   bool
	Button         bool   // whether a verification can be started
	Poll           bool   // being checked: the page asks for news and may then show the button
	AskEmail       bool   // an optional e-mail field
	Reference      string // 8 characters for a complaint; "": none
	Support        string // SUPPORT_URL with the reference in it; "": none
	Documents      string // of the introduction: the sentence about what is needed; "": there is no introduction
	Camera         string // of the introduction: the sentence about the camera and the face
}

// Members is the data of the example of a protected page.
type Members struct {
	UserID string
	Since  string // a date from Set.Date; "": unknown
}

// Connect is the data of the page of connected accounts.
type Connect struct {
	On        bool
	Accounts  []Account
	Connected string // the acct_… that was connected just now; "": none
	SetupHint bool   // whether to say how Connect is turned on: for developers, not for visitors
}

// Account is one connected Stripe account.
type Account struct {
	ID, Name         string
	Known            bool // Stripe answered: Name, Charges, Payouts and Revoked mean something
	Charges, Payouts bool
	Revoked          bool   // the account has withdrawn the connection
	Ended            bool   // that was recorded just now: there is nothing left to disconnect
	Since            string // a date from Set.Date; "": unknown
}

// Error is the data of the page for everything that went wrong.
type Error struct {
	Status    int
	Code      string // a code of the error table, for the title
	Message   string // the sentence for it, in the page's language
	Word      string // the key of that sentence; it may have a title of its own
	Next      string // text of the next step; "": none
	NextURL   string
	RetryPost bool // the next step is a button that sends POST to NextURL
}

// view is what the templates see: the page, and the words in its language.
type view struct {
	Page
	*Set
	Name     string // of the page
	LogoText string // the brand's words for its logo; "": that is decoration
}

// T is Set.T in the page's language.
func (v view) T(key string, args ...any) string {
	texts := make([]string, len(args))
	for i, arg := range args {
		texts[i] = fmt.Sprint(arg)
	}
	return v.Set.T(v.Lang, key, texts...)
}

// Static is the address of a static file.
func (v view) Static(name string) string { return "/static/" + name + "?v=" + v.Version }

// With is the view for a part of the page: the same words, other data.
func (v view) With(data any) view {
	v.Data = data
	return v
}

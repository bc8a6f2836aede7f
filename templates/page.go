package templates

import (
	"fmt"
	"html/template"
	"strings"
	"time"
)

// Page is what every page needs. Its Data is the struct named after the page:
// Verification, Members, Connect or Error, or of the page disconnect an Account.
type Page struct {
	Lang       string // a code of Languages
	AppName    string
	SupportURL string // https or mailto, "": none
	Path       string // path of this page, for the language links; "": no links (an answer to a POST)
	Members    bool   // whether the navigation shows the example of a protected page
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
	// verified, canceled, exhausted, in_review, rejected, revoked or other_browser.
	Status         string
	Title, Message string // in the page's language; Title is also the start of <title>
	Next           string // one sentence: what to do; "": none
	Detail         string // Stripe's reason, in English; "": none
	AttemptsLeft   int
	MaxAttempts    int
	ShowAttempts   bool
	Button         bool   // whether a verification can be started
	Poll           bool   // something is going on: the page asks for news and may then show another button
	Contact        bool   // whether the main action is to write to Support; a Verify button may be below it
	Action         string // the main action where it is another one than these; "": it is one of them
	ActionURL      string
	ContinueURL    string // where verified people go on, for a page that learns of it by itself
	AskEmail       bool   // an optional e-mail field
	Reference      string // 8 characters for a complaint; "": none
	Support        string // SUPPORT_URL with the reference in it; "": none
	Help           bool   // whether Support is offered below the main action
	Points         bool   // whether the three points stand open that somebody new wants to know
	Documents      string // the sentence about what is needed; "": nothing about the check is said
	Camera         string // the sentence about the camera and the face
}

// Members is the data of the example of a protected page.
type Members struct {
	UserID string
	Since  time.Time // zero: unknown
}

// Connect is the data of the page of connected accounts.
type Connect struct {
	On           bool
	Accounts     []Account
	Connected    string // the name, else the acct_…, of what was connected just now; "": none
	Disconnected string // that of what was disconnected just now
	SetupHint    bool   // whether to say how Connect is turned on: for developers, not for visitors
}

// Account is one connected Stripe account.
type Account struct {
	ID, Name         string
	Known            bool // Stripe answered: Name, Charges, Payouts and Revoked mean something
	Charges, Payouts bool
	Revoked          bool      // the account has withdrawn the connection
	Ended            bool      // that was recorded just now: there is nothing left to disconnect
	Since            time.Time // zero: unknown
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

// Time is a time as people write it in the page's language, in UTC and said so. A page that has the template
// times in its head shows it in the reader's own time zone where there is a script.
func (v view) Time(at time.Time) template.HTML { return timeElement(at, "", v.Date(v.Lang, at)) }

// TimeShort is Time for lists: the same in every language, and of one width.
func (v view) TimeShort(at time.Time) template.HTML {
	return timeElement(at, " data-short", at.UTC().Format("2006-01-02 15:04 UTC"))
}

func timeElement(at time.Time, short, text string) template.HTML {
	return template.HTML(`<time datetime="` + at.UTC().Format(time.RFC3339) + `"` + short + `>` + template.HTMLEscapeString(text) + `</time>`)
}

// Dated is the sentence for a key, with a Time wherever it has {date}: a team's may have none.
func (v view) Dated(key string, at time.Time) template.HTML {
	sentence := template.HTMLEscapeString(v.Set.T(v.Lang, key))
	return template.HTML(strings.ReplaceAll(sentence, "{date}", string(v.Time(at))))
}

// Static is the address of a static file.
func (v view) Static(name string) string { return "/static/" + name + "?v=" + v.Version }

// With is the view for a part of the page: the same words, other data.
func (v view) With(data any) view {
	v.Data = data
	return v
}

package review

import (
	"net/url"

	"example.com/identity-starter/store"
)

// ID is somebody's or something's id. It is shown without its middle, and copied whole.
type ID string

// endLength is how much of the end is always shown; what is little longer is shown whole.
const endLength, wholeLength = 5, 18

// Start is all but the end; of what does not fit, its beginning is shown.
func (id ID) Start() string { return string(id[:len(id)-len(id.End())]) }

// End is what is always shown.
func (id ID) End() string {
	runes := []rune(string(id))
	if len(runes) <= wholeLength {
		return string(id)
	}
	return string(runes[len(runes)-endLength:])
}

// Short is the id in a sentence.
func (id ID) Short() string {
	if id.Start() == "" {
		return string(id)
	}
	return string([]rune(id.Start())[:wholeLength/2]) + "…" + id.End()
}

// Badge is a state as the pages show it.
type Badge struct{ Tone, Word string } // good, warn, bad, busy or quiet

// tab is one of the lists.
type tab struct {
	show, name string
	count      func(Counts) int
}

// tabs are in the order of what there is to do.
var tabs = []tab{
	{needsReview, "Needs review", func(n Counts) int { return n.NeedReview }},
	{string(store.Processing), "Being checked", func(n Counts) int { return n.Processing }},
	{string(store.RequiresInput), "Failed or open", func(n Counts) int { return n.RequiresInput }},
	{string(store.Verified), "Verified", func(n Counts) int { return n.Verified }},
	{string(store.Canceled), "Canceled", func(n Counts) int { return n.Canceled }},
	{"", "All", func(n Counts) int { return n.All }},
}

// ListPage is the data of the list, which is in English.
type ListPage struct {
	Filter
	Reviewer ID
	Counts   Counts
	Decided  *Decided // nil: the reviewer does not come from a decision
	Rows     []Listed
	Next     string // address of the next page; "": this is the last
	Charts   Charts
}

// Decided is what a reviewer has just decided, and who comes next.
type Decided struct {
	UserID ID
	What   string // the decision
	URL    string // the person's page
	Next   *Listed
}

// Word is the decision in words.
func (d Decided) Word() string { return taken[d.What] }

// Whole says whether it is the first page of the list of all, which has the charts.
func (p ListPage) Whole() bool {
	return p.Show == "" && p.Find == "" && p.After == nil && p.Decided == nil
}

// Tab is a link to one of the lists.
type Tab struct {
	Name, Count, URL string
	Here, Urgent     bool
}

// Tabs are the links to the lists.
func (p ListPage) Tabs() (all []Tab) {
	for _, t := range tabs {
		f, n := Filter{Show: t.show}, t.count(p.Counts)
		f.Oldest = f.waits()
		all = append(all, Tab{Name: t.name, Count: counted(n), URL: address(listPath, f.values()), Here: p.Find == "" && p.Show == t.show,
			Urgent: t.show == needsReview && n > 0})
	}
	return all
}

// Name is the list's own.
func (f Filter) Name() string {
	for _, t := range tabs {
		if t.show == f.Show && f.Show != "" {
			return t.name
		}
	}
	return "All verifications"
}

// URL is the list's address.
func (f Filter) URL() string { return address(listPath, f.values()) }

// Turned is the address of the same list in the other order.
func (f Filter) Turned() string {
	f.Oldest = !f.Oldest
	return address(listPath, f.values())
}

// Values are what a form has to send for the way back to the list.
func (f Filter) Values() url.Values { return f.values() }

// PersonURL leads from this list to a person's page.
func (f Filter) PersonURL(user string) string { return personURL(user, f) }

// Person is whose the verification is.
func (l Listed) Person() ID { return ID(l.UserID) }

// State is what matters most of it.
func (l Listed) State() Badge {
	switch {
	case l.NeedsReview:
		return Badge{"warn", "needs review"}
	case l.Decision == store.Approve:
		return Badge{"good", "approved"}
	case l.Decision == store.Reject:
		return Badge{"bad", "rejected"}
	}
	return atStripe(string(l.Status), l.ErrorCode)
}

// Other is what Stripe says where somebody's word or a review matters more; "": State says it.
func (l Listed) Other() string {
	if l.NeedsReview || l.Decision != "" {
		return string(l.Status)
	}
	return ""
}

// atStripe is Stripe's status.
func atStripe(status, code string) Badge {
	switch store.Status(status) {
	case store.Verified:
		return Badge{"good", "verified"}
	case store.Processing:
		return Badge{"busy", "being checked"}
	case store.Canceled:
		return Badge{"quiet", "canceled"}
	}
	if code == "" {
		return Badge{"quiet", "started"}
	}
	return Badge{"bad", "failed"}
}

// PersonPage is the data of a person's page.
type PersonPage struct {
	store.User
	Why              Why
	UserID, Reviewer ID
	List             Filter   // which leads here, and where the way back leads
	Seen             string   // what the page shows, for the decision
	Own              bool     // the reviewer's own
	Possible         []string // approve, reject, withdraw, one_more, cancel, redact
	Refusal          string   // why a decision was refused just now; "": none was
	Decision         string   // what was chosen and typed then
	Reason           string
	Longest          int // characters that a reason may have
	Story            []Entry
	Dashboard        string // the beginning of the addresses of sessions at Stripe; "": there are none
}

// Told is an entry of the story.
type Told struct {
	Entry
	Other bool // it is about another object than the one before
}

// Told is the story, which does not say the same id again and again.
func (p PersonPage) Told() (all []Told) {
	before := ""
	for _, e := range p.Story {
		all = append(all, Told{e, e.Object != "" && e.Object != before})
		before = e.Object
	}
	return all
}

// URL is the page's address.
func (p PersonPage) URL() string { return personURL(string(p.UserID), p.List) }

// MaxLength is the same where HTML counts it: of what is outside of UTF-16's first plane, such as emoji, each character twice.
func (p PersonPage) MaxLength() int { return 2 * p.Longest }

// Session is the newest at Stripe.
func (p PersonPage) Session() ID {
	if p.Newest == nil {
		return ""
	}
	return ID(p.Newest.SessionID)
}

// Choices are what can be decided, in words.
func (p PersonPage) Choices() (all []Choice) {
	for _, decision := range p.Possible {
		all = append(all, Choice{decision, choices[decision][0], choices[decision][1], decision == p.Decision})
	}
	return all
}

// Choice is a decision that is possible.
type Choice struct {
	Decision, Name, Means string
	Chosen                bool
}

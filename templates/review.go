package templates

// Review is the data of the reviewers' list, which is in English.
type Review struct {
	Find, Status        string // what is filtered by; "": all
	NeedsReview, Oldest bool
	First               bool // the first page, which has the overview
	Overview            ReviewOverview
	Rows                []ReviewRow
	Next                string // address of the next page; "": this is the last
}

// ReviewRow is a verification in the list.
type ReviewRow struct {
	Created, UserID, URL string
	SessionID, Reference string
	Status, Code         string
	NeedsReview          bool
	Decision             string // approve, reject or ""
}

// ReviewOverview is what waits, and what the charts show. X, Y, widths and heights are an SVG's.
type ReviewOverview struct {
	NeedReview, Processing int
	Verified, Failed       int
	Most                   string // the height of the first chart, in checks
	Days                   []ReviewDay
	Reasons                []ReviewReason
	ReasonsHeight          int
}

// ReviewDay is a day of the first chart.
type ReviewDay struct {
	Date                      string
	Verified, Failed          int
	X                         int
	VerifiedY, VerifiedHeight int
	FailedY, FailedHeight     int
}

// ReviewReason is a bar of the second chart.
type ReviewReason struct {
	Code                     string
	Count                    int
	Y, Width, LabelX, LabelY int
}

// ReviewPerson is the data of a person's page for reviewers.
type ReviewPerson struct {
	UserID, State          string
	Verified, NeedsReview  bool
	Attempts, AttemptsLeft int
	Seen                   int64    // number of the newest decision on the page
	Own                    bool     // the reviewer's own
	Possible               []string // approve, reject, one_more, cancel, redact
	Done                   bool     // a decision was written just now
	Story                  []ReviewEntry
}

// ReviewEntry is something on record about a person.
type ReviewEntry struct {
	At, Kind, What, Detail, Object string
	URL                            string // in Stripe's Dashboard; "": none
}

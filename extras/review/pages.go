package review

import "example.com/identity-starter/store"

// ListPage is the data of the list, which is in English.
type ListPage struct {
	Filter
	First  bool   // the first page, which has the charts
	Charts Charts // and what waits
	Rows   []ListRow
	Next   string // address of the next page; "": this is the last
}

// ListRow is a verification in the list.
type ListRow struct {
	Listed
	Begun, URL, Reference string
}

// Charts is what waits, and what the charts show. X, Y, widths and heights are an SVG's.
type Charts struct {
	NeedReview, Processing int
	Verified, Failed       int
	Most                   string // the height of the first chart, in checks
	Days                   []ChartDay
	Reasons                []ChartReason
	ReasonsHeight          int
}

// ChartDay is a day of the first chart.
type ChartDay struct {
	Date                      string
	Verified, Failed          int
	X                         int
	VerifiedY, VerifiedHeight int
	FailedY, FailedHeight     int
}

// ChartReason is a bar of the second chart.
type ChartReason struct {
	Reason
	Y, Width, LabelX, LabelY int
}

// PersonPage is the data of a person's page.
type PersonPage struct {
	store.User
	UserID, State string
	Seen          int64    // number of the newest decision on the page
	Own           bool     // the reviewer's own
	Possible      []string // approve, reject, one_more, cancel, redact
	Done          bool     // a decision was written just now
	Story         []StoryRow
}

// StoryRow is something on record about a person.
type StoryRow struct {
	Entry
	When string
	URL  string // in Stripe's Dashboard; "": none
}

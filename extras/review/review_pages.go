package review

import (
	"slices"
	"time"

	"example.com/identity-starter/store"
)

// ListPage is the data of the list, which is in English.
type ListPage struct {
	Filter
	First  bool   // the first page, which has the charts
	Charts Charts // and what waits
	Rows   []Listed
	Next   string // address of the next page; "": this is the last
}

// Charts is what waits, and what the charts show. X, Y, widths and heights are an SVG's.
type Charts struct {
	NeedReview, Processing int
	Verified, Failed       int
	Most                   int // the height of the first chart, in checks
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
	Y, Width int
}

// MaxLength is the same where HTML counts it: of what is outside of UTF-16's first plane, such as emoji, each character twice.
func (p PersonPage) MaxLength() int { return 2 * p.Longest }

// PersonPage is the data of a person's page.
type PersonPage struct {
	store.User
	UserID, State string
	Seen          string   // what the page shows, for the decision
	Own           bool     // the reviewer's own
	Possible      []string // approve, reject, withdraw, one_more, cancel, redact
	Done          bool     // a decision was written just now
	Why           string   // a decision was refused just now; "": none was
	Decision      string   // what was chosen and typed then
	Reason        string
	Longest       int // characters that a reason may have
	Story         []Entry
	Dashboard     string // the beginning of the addresses of sessions at Stripe; "": there are none
}

// The charts' measures, in the units of their viewBox.
const (
	dayWidth, chartHeight    = 20, 120
	reasonHeight, reasonWide = 26, 200
	reasonsShown             = 8
)

// draw makes the charts: a stack of bars a day, and a bar a reason.
func draw(o Overview) Charts {
	out := Charts{NeedReview: o.NeedReview, Processing: o.Processing, Most: 1}
	for i := range o.Verified {
		out.Most = max(out.Most, o.Verified[i]+o.Failed[i])
	}
	for i, verified := range o.Verified {
		failed := o.Failed[i]
		d := ChartDay{Date: o.Since.Add(time.Duration(i) * 24 * time.Hour).Format(time.DateOnly), X: i*dayWidth + 2, Verified: verified, Failed: failed,
			VerifiedHeight: verified * chartHeight / out.Most, FailedHeight: failed * chartHeight / out.Most}
		d.VerifiedY = chartHeight - d.VerifiedHeight
		d.FailedY = d.VerifiedY - d.FailedHeight
		out.Days = append(out.Days, d)
		out.Verified += verified
		out.Failed += failed
	}
	shown, rest := o.Reasons, 0
	if len(shown) > reasonsShown {
		for _, r := range shown[reasonsShown:] {
			rest += r.Count
		}
		shown = append(slices.Clone(shown[:reasonsShown]), Reason{"others", rest})
	}
	longest := 0
	for _, r := range shown {
		longest = max(longest, r.Count)
	}
	for i, r := range shown {
		out.Reasons = append(out.Reasons, ChartReason{Reason: r, Y: i * reasonHeight, Width: max(1, r.Count*reasonWide/longest)})
	}
	out.ReasonsHeight = len(shown) * reasonHeight
	return out
}

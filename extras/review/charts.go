package review

import (
	"slices"
	"time"
)

// Charts is what the charts show. X, Y, widths and heights are an SVG's, which is stretched to the width there is.
type Charts struct {
	Verified, Failed int
	Most             int // the height of the first chart, in checks
	Days             []ChartDay
	Reasons          []ChartReason
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
	Width int // of 100
}

// The charts' measures, in the units of their viewBox.
const (
	dayWidth, chartHeight = 20, 120
	reasonsShown          = 8
)

// draw makes the charts: a stack of bars a day, and a bar a reason.
func draw(o Overview) Charts {
	out := Charts{Most: 1}
	for i := range o.Verified {
		out.Most = max(out.Most, o.Verified[i]+o.Failed[i])
	}
	for i, verified := range o.Verified {
		failed := o.Failed[i]
		d := ChartDay{Date: o.Since.Add(time.Duration(i) * 24 * time.Hour).Format(time.DateOnly), X: i*dayWidth + 3, Verified: verified, Failed: failed,
			VerifiedHeight: verified * chartHeight / out.Most, FailedHeight: failed * chartHeight / out.Most}
		d.VerifiedY = chartHeight - d.VerifiedHeight
		d.FailedY = d.VerifiedY - d.FailedHeight
		out.Days = append(out.Days, d)
		out.Verified += verified
		out.Failed += failed
	}
	out.Reasons = drawReasons(o.Reasons)
	return out
}

// drawReasons has the most frequent, and the others together.
func drawReasons(reasons []Reason) (out []ChartReason) {
	if len(reasons) > reasonsShown {
		rest := 0
		for _, r := range reasons[reasonsShown:] {
			rest += r.Count
		}
		reasons = append(slices.Clone(reasons[:reasonsShown]), Reason{"others", rest})
	}
	longest := 0
	for _, r := range reasons {
		longest = max(longest, r.Count)
	}
	for _, r := range reasons {
		out = append(out, ChartReason{Reason: r, Width: max(1, r.Count*100/longest)})
	}
	return out
}

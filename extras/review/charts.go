package review

import (
	"slices"
	"strconv"
	"time"
)

// The charts' measures, in the units of their viewBox.
const (
	dayWidth, chartHeight    = 20, 120
	reasonHeight, reasonWide = 26, 200
	reasonsShown             = 8
)

// draw makes the charts: a stack of bars a day, and a bar a reason.
func draw(o Overview) Charts {
	out := Charts{NeedReview: o.NeedReview, Processing: o.Processing}
	most := 1
	for i := range o.Verified {
		most = max(most, o.Verified[i]+o.Failed[i])
	}
	out.Most = strconv.Itoa(most)
	for i, verified := range o.Verified {
		failed := o.Failed[i]
		d := ChartDay{Date: o.Since.Add(time.Duration(i) * 24 * time.Hour).Format(time.DateOnly), X: i*dayWidth + 2, Verified: verified, Failed: failed,
			VerifiedHeight: verified * chartHeight / most, FailedHeight: failed * chartHeight / most}
		d.VerifiedY = chartHeight - d.VerifiedHeight
		d.FailedY = d.VerifiedY - d.FailedHeight
		out.Days = append(out.Days, d)
		out.Verified += verified
		out.Failed += failed
	}
	rest := 0
	for i, r := range o.Reasons {
		if i >= reasonsShown {
			rest += r.Count
			continue
		}
		out.Reasons = append(out.Reasons, ChartReason{Reason: r})
	}
	if rest > 0 {
		out.Reasons = append(out.Reasons, ChartReason{Reason: Reason{"others", rest}})
	}
	if len(out.Reasons) == 0 {
		return out
	}
	longest := slices.MaxFunc(out.Reasons, func(a, b ChartReason) int { return a.Count - b.Count }).Count
	for i := range out.Reasons {
		r := &out.Reasons[i]
		r.Y, r.Width = i*reasonHeight, max(1, r.Count*reasonWide/longest)
		r.LabelX, r.LabelY = r.Width+8, r.Y+15
	}
	out.ReasonsHeight = len(out.Reasons) * reasonHeight
	return out
}

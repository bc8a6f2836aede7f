package flight

import (
	"slices"
	"strings"
	"time"
)

// story makes a line of each time at which the id was named, and of what led there: the
// requests that ran while an answer of Stripe's changed the row, and their calls, which
// do not know the id. On a busy machine these may be somebody else's.
func story(lines []Line, v view) (story []Line) {
	all := oneByOne(lines)
	var answered []time.Time
	for _, l := range all {
		if l.Kind == "row" && strings.Contains(l.Text, byAnswer) && l.names(v.about) {
			answered = append(answered, l.At)
		}
	}
	asking := slices.DeleteFunc(slices.Clone(all), func(l Line) bool {
		return l.Kind != "request" || !slices.ContainsFunc(answered, l.ranAt)
	})
	for _, l := range all {
		of := slices.IndexFunc(asking, func(r Line) bool { return r.ID == l.ID || l.Kind == "stripe" && r.ranAt(l.At) })
		if l.names(v.about) && l.Number > v.after || of >= 0 && asking[of].Number > v.after {
			story = append(story, l)
		}
	}
	return story
}

// oneByOne makes a line of each time that is kept.
func oneByOne(lines []Line) (all []Line) {
	for _, l := range lines {
		for _, t := range l.Times {
			one := l
			one.ID, one.Number, one.Place, one.At, one.Since = t.Number, t.Number, t.Number, t.At, t.At
			one.Count, one.Text, one.Times = 1, t.Text, []Time{t}
			all = append(all, one)
		}
	}
	return all
}

// names says whether the line's last time names the id.
func (l Line) names(id string) bool {
	return slices.ContainsFunc(l.Times[0].Parts, func(p Part) bool { return p.Value == id }) ||
		slices.Contains(strings.FieldsFunc(l.Text, func(r rune) bool { return strings.ContainsRune(" /:,;()", r) }), id)
}

// ranAt says whether the line's last time ran then: it ended when it was noted.
func (l Line) ranAt(at time.Time) bool {
	took := time.Duration(l.Times[0].values.number("ms")+1) * time.Millisecond // they are whole ones
	return !at.After(l.At) && !at.Before(l.At.Add(-took))
}

package flight

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// What is kept: lines, apart for those that need a look, so that none of these is lost
// among the others; and of each line how it was the last few times.
const (
	keptGood, keptBad = 150, 50
	keptTimes         = 20
)

// calm is how long a line has not happened when its next time counts as news: then it
// moves to the end. What goes on and on stays where it began, and counts.
const calm = 10 * time.Second

// Line is something that happened, once or again and again.
type Line struct {
	ID     int       `json:"id"`
	Number int       `json:"number"` // of the last time: all times of all lines are numbered
	Place  int       `json:"place"`  // lines are in the order of these
	At     time.Time `json:"at"`     // the last time
	Since  time.Time `json:"since"`
	Count  int       `json:"count"`
	Kind   string    `json:"kind"` // request, stripe, webhook, row, action, warning
	Text   string    `json:"text"` // as it was the last time
	Bad    bool      `json:"bad"`
	Fix    string    `json:"fix"` // what to do about a bad one, where that is known
	Times  []Time    `json:"-"`   // the last few, newest first
}

// Time is one time that it happened.
type Time struct {
	Number int
	At     time.Time
	Text   string
	Parts  []Part // what is of this time only
	values values // of which parts are made once somebody looks
}

// sameness is equal for what counts as the same thing happening again.
type sameness struct {
	kind, text, fix string
	bad             bool
}

// group is a line that is kept. Its nth time is at n modulo keptTimes.
type group struct {
	Line
	same  sameness
	times [keptTimes]Time
}

// add notes that it happened. Mostly nobody looks, and a request should not take longer
// for a page that is not open: values are made text later.
func (r *Recorder) add(l Line, v values) {
	same := sameness{l.Kind, alike(l.Text), alike(l.Fix), l.Bad}
	r.mu.Lock()
	defer r.mu.Unlock()
	now, number := time.Now(), r.next
	r.next++
	g := r.lines[same]
	if g == nil {
		r.makeRoom(l.Bad)
		g = &group{Line: l, same: same}
		g.ID, g.Since, g.Place = number, now, number
		r.lines[same] = g
	} else if now.Sub(g.At) > calm {
		g.Place = number
	}
	g.times[g.Count%keptTimes] = Time{Number: number, At: now, Text: l.Text, values: v}
	g.Number, g.At, g.Text, g.Fix = number, now, l.Text, l.Fix
	g.Count++
	if r.more != nil {
		close(r.more)
		r.more = nil
	}
}

// makeRoom forgets the line of the kind, bad or not, that has not happened for longest.
func (r *Recorder) makeRoom(bad bool) {
	var kind []*group
	for _, g := range r.lines {
		if g.Bad == bad {
			kind = append(kind, g)
		}
	}
	if bad && len(kind) >= keptBad || !bad && len(kind) >= keptGood {
		delete(r.lines, slices.MinFunc(kind, func(a, b *group) int { return cmp.Compare(a.Number, b.Number) }).same)
	}
}

// view is what of it somebody wants to see.
type view struct {
	after   int    // only what happened after the time of that number
	onlyBad bool   // only what needs a look
	about   string // not "": each time at which this id was named, one by one
}

// seen is what there is to see.
type seen struct {
	lines []Line
	last  int             // the number of the last time of all
	bad   int             // how many lines need a look, whatever the view
	more  <-chan struct{} // closed when there is more
}

func (r *Recorder) look(v view) seen {
	r.mu.Lock()
	if r.more == nil {
		r.more = make(chan struct{})
	}
	s := seen{last: r.next - 1, more: r.more}
	for _, g := range r.lines {
		if g.Bad {
			s.bad++
		}
		if v.about != "" || g.Number > v.after && (g.Bad || !v.onlyBad) {
			l := g.Line
			for n := l.Count; n > max(0, l.Count-keptTimes); n-- {
				l.Times = append(l.Times, g.times[(n-1)%keptTimes])
			}
			s.lines = append(s.lines, l)
		}
	}
	r.mu.Unlock()
	for i := range s.lines {
		for j, t := range s.lines[i].Times {
			s.lines[i].Times[j].Parts = t.values.parts()
		}
	}
	if v.about != "" {
		s.lines = story(s.lines, v)
	}
	slices.SortFunc(s.lines, func(a, b Line) int { return cmp.Compare(a.Place, b.Place) })
	return s
}

// alike is the text without what differs each time that the same happens: words with a
// digit in them, which are ids, durations and addresses, but for short numbers, such as a status.
func alike(text string) string {
	var out strings.Builder
	kept := 0 // up to there it is in out
	for i := 0; i < len(text); {
		start, digits := i, 0
		for i < len(text) && ofWord(text[i]) {
			if text[i] >= '0' && text[i] <= '9' {
				digits++
			}
			i++
		}
		if digits > 0 && (digits < i-start || digits > 3) {
			out.WriteString(text[kept:start])
			out.WriteString("…")
			kept = i
		}
		if i == start {
			i++
		}
	}
	if kept == 0 {
		return text
	}
	out.WriteString(text[kept:])
	return out.String()
}

func ofWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '.'
}

package store_test

import (
	"fmt"
	"slices"
	"testing"

	"example.com/identity-starter/store"
)

// lives are all that can happen to a session in so many steps, each in the second of the one before or in a later one:
// checks, cancels, overrides of whatever was the result, and a redaction at the end.
func lives(so []store.News, steps int) (all [][]store.News) {
	if len(so) > 0 {
		all = append(all, slices.Clone(so))
	}
	if steps == 0 || len(so) > 0 && so[len(so)-1].Redacting {
		return all
	}
	last := store.News{SessionID: "vs_1", Status: store.RequiresInput, Event: true, At: at(1)}
	if len(so) > 0 {
		last = so[len(so)-1]
	}
	for _, next := range after(last, len(so)) {
		for later := range int64(2) {
			if next.At = last.At.Add(at(later).Sub(at(0))); later > 0 || last.Status == store.Processing || last.Status == store.Verified || len(so) == 0 {
				all = append(all, lives(append(slices.Clone(so), next), steps-1)...) // nobody tries again, or overrides what was not verified, within a second
			}
		}
	}
	return all
}

// after is what can come next, each with a report of its own where something was checked.
func after(last store.News, step int) (all []store.News) {
	add := func(status store.Status, code string) {
		n := last
		n.Status, n.Failed, n.ErrorCode = status, code != "", code
		if last.Status == store.Processing {
			n.ReportID = fmt.Sprint("vr_", step)
		}
		all = append(all, n)
	}
	switch last.Status {
	case store.Processing:
		add(store.RequiresInput, "a")
		add(store.Verified, "")
		return all
	case store.Verified:
		add(store.RequiresInput, "")
		add(store.RequiresInput, "b")
		add(store.Canceled, "")
		all = append(all, redacting(last))
		add(store.Canceled, "")
		all[len(all)-1].Redacting = true
		return all
	case store.RequiresInput:
		add(store.Processing, "")
		add(store.Canceled, last.ErrorCode)
	}
	if last.ReportID != "" {
		add(store.Verified, "")
	}
	return all
}

// Whatever happens to a session, in whichever order its events are heard: once Stripe was asked about each that
// contradicts what is known, be it at once or at the end, quickly or slowly, the status is Stripe's.
func TestOverridesInEveryOrder(t *testing.T) {
	for _, life := range lives(nil, 5) {
		for order := range permutations(len(life)) {
			for _, slow := range []int64{0, 4} {
				for _, atOnce := range []bool{true, false} {
					if got, want := heardOf(life, order, slow, atOnce), ends(life); !slices.Contains(want, got) {
						t.Fatalf("%s\nheard in the order %d, asked at once: %v, in %d seconds: must be one of %q, got %q", inWords(life), order, atOnce, slow, want, got)
					}
				}
			}
		}
	}
}

// inWords is a line for each event.
func inWords(life []store.News) (text string) {
	for _, n := range life {
		text += fmt.Sprintf("%d: %s %q redacting: %v\n", n.At.Unix()-at(0).Unix(), n.Status, n.ErrorCode, n.Redacting)
	}
	return text
}

// ends is how it may end: a verdict outlives a redaction. One that was taken back, or given by an override within a second,
// does if Stripe was asked before.
func ends(life []store.News) (want []store.Status) {
	last := life[len(life)-1]
	if !last.Redacting {
		return []store.Status{last.Status}
	}
	want = []store.Status{store.Verified}
	for i, n := range life[:len(life)-1] {
		if i > 0 && (life[i-1].Status == store.Verified && n.Status != store.Verified ||
			n.Status == store.Verified && life[i-1].Status != store.Processing && n.At.Equal(life[i-1].At)) {
			want = []store.Status{store.Verified, store.Canceled, store.RequiresInput}
		}
	}
	return want
}

// heardOf is the status once the events were heard in that order, with questions that take so many seconds.
func heardOf(life []store.News, order []int, slow int64, atOnce bool) store.Status {
	s, so, asks := store.State{Status: store.RequiresInput}, 0, false
	ask := func(n store.News, later int64) {
		n.Event, n.Known, n.At = false, s, n.At.Add(at(later-slow-1).Sub(at(0)))
		asks = s.Contradicts(n) || n.Status == store.Processing
		s = s.After(n)
	}
	for _, i := range order {
		so = max(so, i)
		asks = s.Contradicts(life[i]) || asks
		s = s.After(life[i])
		if asks && atOnce {
			ask(life[so], 0)
		}
	}
	last := life[len(life)-1]
	for later := int64(0); asks && later < 10; later++ {
		ask(last, later)
	}
	if asks && last.Status == store.Processing {
		return last.Status // it will be asked until that has an outcome
	}
	return s.Status
}

// permutations are all orders of so many.
func permutations(n int) func(func([]int) bool) {
	return func(yield func([]int) bool) {
		order := make([]int, 0, n)
		var next func() bool
		next = func() bool {
			if len(order) == n {
				return yield(order)
			}
			for i := range n {
				if slices.Contains(order, i) {
					continue
				}
				order = append(order, i)
				if !next() {
					return false
				}
				order = order[:len(order)-1]
			}
			return true
		}
		next()
	}
}

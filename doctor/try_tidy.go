package doctor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"example.com/identity-starter/gateway"
)

const tidyingTime = 20 * time.Second

// tidy cancels and redacts all that was made, also what no answer told of.
func (t *trial) tidy(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, tidyingTime)
	defer cancel()
	left := t.missed(ctx)
	erased, canceled := 0, 0
	for _, id := range slices.Sorted(maps.Keys(t.made)) {
		s, refused := t.stripe.Redact(ctx, id)
		switch {
		case refused == nil && s.Redacting:
			erased++
		case errors.Is(refused, gateway.ErrMissing):
		case t.closed(ctx, id) && errors.Is(refused, gateway.ErrNotRedactable):
			canceled++
		default:
			left = append(left, id)
		}
	}
	l := step{name: "clean up", relies: "what was made can be canceled and redacted"}.line(pass,
		fmt.Sprintf("erases %d, keeps %d canceled", erased, canceled))
	if len(left) > 0 { // which somebody has to see to, also where it is only for want of an answer
		l.grade, l.fix = fail, "look for open sessions at https://dashboard.stripe.com/identity/verification-sessions, and redact them there"
		l.what += ", and may keep open: " + strings.Join(left, ", ")
	}
	t.r.add(l)
}

// missed looks for what was made without an answer that says so, and tells what it may not have found.
func (t *trial) missed(ctx context.Context) (left []string) {
	if len(t.keys) == 0 {
		return nil
	}
	late := 0
	for _, known := range t.keys {
		if !known {
			late++
		}
	}
	found, err := t.stripe.ListedUnder(ctx, t.reference)
	for _, l := range found {
		if !t.made[l.ID] {
			t.made[l.ID] = true
			late--
		}
	}
	if late > 0 {
		left = append(left, "a session whose create got no answer")
	}
	if err != nil {
		left = append(left, t.told(gateway.Session{}, err))
	}
	return left
}

// closed cancels a session that cannot be redacted, and says whether nobody can use it.
func (t *trial) closed(ctx context.Context, id string) bool {
	_, err := t.stripe.CancelSession(ctx, id)
	return err == nil || errors.Is(err, gateway.ErrNotCancelable)
}

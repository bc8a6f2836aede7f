package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"example.com/identity-starter/gateway"
)

// beginning is what everything about sessions needs: the second step is about the answer that the first one got.
func (t *trial) beginning() (activated, create step) {
	const stops = "; nothing else about sessions was tried"
	var err error
	activated = step{"activated", "the account may use Identity, or Stripe says identity_api_invalid_application", "apply at " + gateway.Application + stops,
		func(ctx context.Context) (string, bool) {
			if t.first, err = t.create(ctx, t.stripe, "1", ""); err == nil {
				return "says nothing against it", true
			}
			said := t.told(t.first, err)
			if !errors.Is(err, gateway.ErrNotActivated) {
				t.doubt = "not known, " + cmp.Or(t.doubt, "refused for another reason")
			}
			return said, false
		}}
	create = step{"create", "a session is made that is open and has an address", "nobody can be verified" + stops,
		func(context.Context) (string, bool) {
			said := t.told(t.first, err)
			if t.doubt != "" {
				t.doubt += stops
			}
			return said, err == nil && t.first.Status == "requires_input" && t.first.URL != "" && !t.first.Livemode
		}}
	return activated, create
}

// sessions are steps with an open session.
func (t *trial) sessions() []step {
	return []step{
		{"find", "a list by reference has a session at once", "after a lost answer a second session is made, and the first one is not erased",
			func(ctx context.Context) (string, bool) {
				s, err := t.stripe.FindSession(ctx, t.reference, tryUser)
				return t.told(s, err), s.ID == t.first.ID
			}},
		{"list", "a list shows a session's state, reference and user (and perhaps its address and client_secret: it is kept secret, too)",
			"reconcile does not recognise what is ours", t.list},
		{"same key", "the same idempotency key gives the same session again", "a click that is repeated makes a second session",
			func(ctx context.Context) (string, bool) {
				s, err := t.create(ctx, t.stripe, "1", "")
				return t.told(s, err), s.ID == t.first.ID
			}},
		{"other parameters", "the same key with other parameters is an idempotency_error", "a key that is spent is not replaced by a new one",
			func(ctx context.Context) (string, bool) {
				s, err := t.create(ctx, t.stripe, "1", "doctor@example.com")
				return t.told(s, err), errors.Is(err, gateway.ErrSpent)
			}},
		{"five at once", "five creates at once with one key make one session, with idempotency_key_in_use for those who come too early",
			"two clicks at once make two sessions, or an error", t.five},
		{"fresh address", "reading an open session gives an address", "who comes back cannot go on",
			func(ctx context.Context) (string, bool) {
				s, err := t.stripe.RetrieveSession(ctx, t.first.ID)
				said := t.told(s, err)
				if s.URL != "" && s.URL == t.first.URL { // which nobody has used up
					said += " as before: docs/first-day.md says how to see whether it opens again"
				}
				return said, s.URL != ""
			}},
	}
}

func (t *trial) list(ctx context.Context) (string, bool) {
	all, err := t.stripe.ListedUnder(ctx, t.reference)
	if len(all) == 0 {
		return t.told(gateway.Session{}, err), false
	}
	l, carried := all[0], "no client_secret"
	if l.Secret {
		carried = "with a client_secret"
	}
	return t.told(l, err) + ", " + carried, l.Status == t.first.Status && l.Reference == t.reference && l.UserID == tryUser
}

// five clicks at once.
func (t *trial) five(ctx context.Context) (string, bool) {
	var clicks sync.WaitGroup
	var made [5]gateway.Session
	var refused [5]error
	for i := range made {
		clicks.Go(func() { made[i], refused[i] = t.create(ctx, t.stripe, "2", "") })
	}
	clicks.Wait()
	var err error
	t.second, err = t.create(ctx, t.stripe, "2", "") // later it is there for everybody
	one, early := t.second.ID, 0
	for i, s := range made {
		switch {
		case refused[i] == nil && one != "" && s.ID != one:
			return s.ID + " and " + one, false
		case refused[i] == nil:
			one = s.ID
		case errors.Is(refused[i], gateway.ErrInFlight):
			early++
		case err == nil || silent(err) || errors.Is(err, gateway.ErrInFlight): // which proves less
			err = refused[i]
		}
	}
	if err != nil {
		return t.told(t.second, err), false
	}
	return fmt.Sprintf("one session, %d times too early", early), true
}

// endings close the two sessions that there are, in both ways. What would be asked again is left where nobody knows what became
// of the first time.
func (t *trial) endings(ctx context.Context) {
	canceled := t.run(ctx, step{"cancel", "an open session can be canceled", "reviewers cannot close what is open", func(ctx context.Context) (string, bool) {
		s, err := t.stripe.CancelSession(ctx, t.first.ID)
		return t.told(s, err), s.Status == "canceled"
	}}) != warn
	if canceled {
		t.run(ctx, step{"cancel again", "a canceled session stays so, or is refused with 400", "closing a session is repeated for ever", func(ctx context.Context) (string, bool) {
			s, err := t.stripe.CancelSession(ctx, t.first.ID)
			return t.told(s, err), s.Status == "canceled" || errors.Is(err, gateway.ErrNotCancelable)
		}})
	}
	if t.second.ID != "" && t.run(ctx, step{"redact open", "redacting an open session cancels it", "people can be sent to a session that is being erased", func(ctx context.Context) (string, bool) {
		s, err := t.stripe.Redact(ctx, t.second.ID)
		return t.told(s, err), s.Status == "canceled" && s.Redacting
	}}) != warn {
		t.run(ctx, step{"redact again", "a session that is redacted says processing or redacted when it is read, and refuses the next redaction with 400 or repeats it",
			"redactions are asked for again and again", func(ctx context.Context) (string, bool) {
				s, err := t.stripe.RedactAnyway(ctx, t.second.ID)
				now, unread := t.stripe.RetrieveSession(ctx, t.second.ID)
				return t.told(s, err) + "; read: " + t.told(now, unread), now.Erasing && (err == nil || errors.Is(err, gateway.ErrRejected))
			}})
	}
	if canceled {
		t.run(ctx, step{"redact canceled", "a canceled session can be redacted", "what failed checks left in a session that was canceled cannot be erased by this program: ask Stripe's support",
			func(ctx context.Context) (string, bool) {
				s, err := t.stripe.Redact(ctx, t.first.ID)
				return t.told(s, err), s.Redacting
			}})
	}
}

const nobodysFlow = "vf_000000000000000000000000" // nobody has it

// refusals are sessions that must not come to be.
func (t *trial) refusals() []step {
	flow, back := t.opt, t.opt
	flow.Check, back.ReturnURL = gateway.Check{Flow: nobodysFlow}, "no address"
	return []step{
		{"wrong flow", "a verification flow that there is not is refused, not missing", "a wrong STRIPE_VERIFICATION_FLOW is not named in the log", func(ctx context.Context) (string, bool) {
			s, err := t.create(ctx, gateway.New(flow), "3", "")
			return t.told(s, err), errors.Is(err, gateway.ErrRejected)
		}},
		{"wrong e-mail", "a wrong address is refused with the param provided_details[email]", "the person is not told that it is the address", func(ctx context.Context) (string, bool) {
			s, err := t.create(ctx, t.stripe, "4", "no address")
			return t.told(s, err), errors.Is(err, gateway.ErrRejected) && refusal(err).Param == "provided_details[email]"
		}},
		{"wrong return address", "a return address that is none is refused", "people do not come back from Stripe's page", func(ctx context.Context) (string, bool) {
			s, err := t.create(ctx, gateway.New(back), "5", "")
			return t.told(s, err), errors.Is(err, gateway.ErrRejected)
		}},
	}
}

// Package compare asks the team, before a verified session counts, whether what Stripe
// has found out about the person is what the team knows of the user. Whoever is not is
// held back until a reviewer decides. It is on while the team has an Expect.
package compare

import (
	"cmp"
	"context"
	"errors"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/gateway"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
)

// errNotVerified means that there is nothing to compare: whoever hears that Stripe has taken the verdict back ends it.
var errNotVerified = errors.New("the session is not verified at Stripe any more")

// New makes the extra.
func New(p extras.Program) extras.Extra {
	e := extras.Extra{Name: "compare", State: "off", Setting: "Expect in team/team.go"}
	if p.Expect == nil {
		return e
	}
	e.State, e.Gate, e.Consumers = "on", true, []outcomes.Consumer{consumer(p.Expect)}
	return e
}

// consumer compares a verified session with what is expected. What it reads is
// neither stored nor logged.
func consumer(expect extras.Expect) outcomes.Consumer {
	return outcomes.Consumer{
		Consumer: store.Consumer{Name: "compare", Wants: func(o outcomes.Outcome) bool { return o.What == store.OutcomeAtGate }},
		Private:  true,
		Do: func(ctx context.Context, p outcomes.Parts, a store.Action) error {
			v, err := p.DB.OfSession(ctx, a.ObjectID)
			if err != nil || v.Status != store.Verified { // Stripe has taken it back
				return err
			}
			found, session, err := p.Stripe.Outputs(ctx, a.ObjectID)
			if errors.Is(err, gateway.ErrMissing) {
				return p.DB.OpenGate(ctx, a, false, "not known to Stripe any more when it was to be compared")
			} else if err != nil {
				return err
			}
			if session.Status != string(store.Verified) && !session.Redacting {
				_, err = p.Record.Answer(ctx, v, session, nil)
				return cmp.Or(err, errNotVerified)
			}
			if found.Redacted {
				return p.DB.OpenGate(ctx, a, false, "redacted before it could be compared")
			}
			same, note, err := expect(ctx, a.UserID, found)
			if err != nil {
				return err
			}
			return p.DB.OpenGate(ctx, a, same, note)
		},
		GivenUp: func(ctx context.Context, p outcomes.Parts, a store.Action) error { // somebody has to look
			return p.DB.OpenGate(ctx, a, false, "could not be compared")
		},
	}
}

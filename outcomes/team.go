package outcomes

import (
	"context"
	"log/slog"
)

// Outcome is what happened to a user.
type Outcome struct {
	// Key is the same on every repeat: where you must not do a thing twice, remember it.
	Key string
	// What is one of the outcomes in store: OutcomeVerified and so on.
	What     string
	UserID   string
	ObjectID string // the session (vs_…) or the connected account (acct_…)
	Code     string // last_error.code, for failed and exhausted
	Livemode bool
}

// Team is called once for every outcome, after it is on disk and outside of any
// request. An error, or a panic, has it called again later, for a day; so it may
// be called twice. One user's outcomes come in order. The context ends after a minute.
//
// ADAPT: your own work goes here: set a flag in your database, open an account,
// write to a queue. Use switch o.What.
func Team(ctx context.Context, log *slog.Logger, o Outcome) error {
	log.InfoContext(ctx, "outcome", "what", o.What, "user", o.UserID, "object", o.ObjectID, "code", o.Code)
	return nil
}

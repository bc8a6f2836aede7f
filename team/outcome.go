package team

import (
	"context"
	"log/slog"

	"example.com/identity-starter/outcomes"
)

// outcome is called at least once for everything that happens to a user, after it is
// on disk and outside of any request. An error, or a panic, has it called again later,
// for a day. One user's outcomes come in order. The context ends after a minute:
// what you call has to look at it, or it is called again while it still goes on.
//
// Your own work goes here: set a flag in your database, open an account, write to a
// queue. Use switch o.What; o.Key is the same on every repeat.
func outcome(ctx context.Context, log *slog.Logger, o outcomes.Outcome) error {
	log.InfoContext(ctx, "outcome", "what", o.What, "user", o.UserID, "object", o.ObjectID, "code", o.Code)
	return nil
}

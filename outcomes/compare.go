package outcomes

import (
	"context"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/store"
)

// Compare is the action that compares a verified session with what is expected.
// What it reads is neither stored nor logged.
func Compare(db *store.DB, stripe *gateway.Client, expected func(context.Context, string, gateway.Outputs) (bool, string, error)) Do {
	return func(ctx context.Context, a store.Action) error {
		found, err := stripe.Outputs(ctx, a.ObjectID)
		if err != nil {
			return err
		}
		if found.Redacted {
			return db.RecordComparison(ctx, a, false, "redacted before it could be compared")
		}
		same, note, err := expected(ctx, a.UserID, found)
		if err != nil {
			return err
		}
		return db.RecordComparison(ctx, a, same, note)
	}
}

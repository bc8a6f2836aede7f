package store_test

import (
	"context"
	"strings"
	"testing"

	"example.com/identity-starter/store"
)

// Whoever writes need not look at each error: once a statement has failed, none that follows is run, and nothing is committed.
func TestNothingFollowsWhatHasFailed(t *testing.T) {
	for name, rest := range map[string]func(context.Context, *store.Tx) error{
		"which nobody looks at": func(ctx context.Context, tx *store.Tx) error {
			_ = tx.Write(ctx, "write another", anyState, "b")
			return nil
		},
		"and a query tells it": func(ctx context.Context, tx *store.Tx) error {
			_, err := store.List(ctx, tx, store.Scan[string], `SELECT user_id FROM oauth_states`)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t, store.Options{})
			err := db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				_ = tx.Write(ctx, "write", anyState, "a")
				_ = tx.Write(ctx, "write it twice", anyState, "a")
				return rest(ctx, tx)
			})
			if err == nil || !strings.Contains(err.Error(), "write it twice: ") {
				t.Errorf("a transaction must fail with the statement that has failed in it, got %v", err)
			}
			if n, err := db.Count(t.Context(), `SELECT count(*) FROM oauth_states`); err != nil || n != 0 {
				t.Errorf("nothing of a transaction that has failed must be kept, got %d rows, %v", n, err)
			}
		})
	}
}

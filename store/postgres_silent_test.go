package store_test

import (
	"context"
	"testing"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// A machine that is cut off in the middle of a transaction keeps nobody locked out for long: the server ends what is silent for
// longer than any transaction of ours takes. Who was only held up begins anew. What a server's owner has set counts.
func TestSilentMachineIsLetGo(t *testing.T) {
	tests.OnlyServer(t, "whoever has locked a file is on this machine, and what it had ends with it")
	path := tests.Database(t)
	limit := func(ctx context.Context, tx *store.Tx) (seconds int, err error) {
		err = tx.QueryRowContext(ctx, `SELECT CAST(setting AS bigint) FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'`).Scan(&seconds)
		return seconds / 1000, err
	}
	if err := openAt(t, path, store.Options{}).InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if n, err := limit(ctx, tx); err != nil || n <= 30 || n > 60 {
			t.Errorf("it must be ended within a minute, and not before its thirty seconds are over, got %d, %v", n, err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	db, raw, runs := openAt(t, path+"&idle_in_transaction_session_timeout=50", store.Options{}), tests.Raw(t, path), 0
	if err := db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		var pid int
		if err := tx.QueryRowContext(ctx, `SELECT pg_backend_pid()`).Scan(&pid); err != nil {
			return err
		}
		for there := runs == 0; there; { // held up
			if err := raw.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = $1)`, pid).Scan(&there); err != nil {
				return err
			}
		}
		runs++
		_, err := limit(ctx, tx)
		return err
	}); err != nil || runs != 2 {
		t.Errorf("who was held up must begin anew, got %v after %d runs", err, runs)
	}
}

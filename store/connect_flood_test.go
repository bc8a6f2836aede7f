package store_test

import (
	"os"
	"testing"
	"time"
)

// A flood of Connect attempts that never came back is removed when it has
// expired, bit by bit, and holds up nobody.
func TestFloodOfStates(t *testing.T) {
	db := twoProcesses(t)[0]
	flood := 5_000
	if os.Getenv("IDENTITY_STARTER_LONG_TESTS") != "" {
		flood = 100_000
	}
	if err := inTx(t.Context(), db, func(do exec) error {
		return do(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
			INSERT INTO oauth_states (state_hash, livemode, user_id, expires_at) SELECT 'state' || i, 0, 'user' || i, 1 FROM n`, flood)
	}); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	state, err := db.NewState(t.Context(), "somebody")
	if took := time.Since(began); err != nil || took > time.Second {
		t.Errorf("a flood must hold up nobody, got %v after %v", err, took)
	}
	if n, err := db.Count(t.Context(), "SELECT count(*) FROM oauth_states"); err != nil || n >= flood {
		t.Errorf("every new state must remove some expired ones, got %d of %d, %v", n, flood, err)
	}
	if err := db.RemoveOld(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := db.Count(t.Context(), "SELECT count(*) FROM oauth_states"); err != nil || n != 1 {
		t.Errorf("what has expired must be removed without new ones being made, %d are left, %v", n, err)
	}
	if taken, err := db.TakeState(t.Context(), "somebody", state, "code"); err != nil || !taken {
		t.Errorf("a state that has not expired must be kept, got %v %v", taken, err)
	}
}

package tests

import (
	"context"
	"fmt"
	"testing"
	"time"

	"example.com/identity-starter/store"
)

// MustNotDepend fails where do takes longer for users of a filled file than of an empty one.
func MustNotDepend(t *testing.T, name string, empty, filled *store.DB, do func(db *store.DB, user string) error) {
	t.Helper()
	few, many := fastest(t, empty, do), fastest(t, filled, do)
	if limit := 5*few + 2*time.Millisecond; many > limit {
		t.Errorf("%s must not depend on how many users there are: %v with none, %v with 60,000", name, few, many)
	}
}

// fastest is the least time that it took, for each of some users: what else the machine does, only adds to it.
func fastest(t *testing.T, db *store.DB, do func(db *store.DB, user string) error) time.Duration {
	t.Helper()
	least := time.Hour
	for i := range 20 {
		began := time.Now()
		if err := do(db, fmt.Sprint("user", i)); err != nil {
			t.Fatal(err)
		}
		least = min(least, time.Since(began))
	}
	return least
}

// RecordVerdict records an event that the user's verification has succeeded.
func RecordVerdict(ctx context.Context, db *store.DB, user string) error {
	u, err := db.User(ctx, user)
	if err != nil {
		return err
	}
	at := time.Unix(1_700_000_001, 0)
	result, err := db.RecordEvent(ctx, store.Event{ID: "evt_" + user, Type: VerifiedEvent, ObjectID: "vs_" + user,
		CreatedAt: at, Session: &store.News{SessionID: "vs_" + user, Reference: u.Newest.ID, UserID: user, Status: store.Verified, At: at}})
	if err == nil && result != store.Applied {
		err = fmt.Errorf("the event of %s is %s", user, result)
	}
	return err
}

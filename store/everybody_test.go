package store_test

import (
	"testing"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// everybody are the consumers that every program has, with the wishes that they have
// in package outcomes.
var everybody = []store.Consumer{
	{Name: "cancel", Wants: func(o store.Outcome) bool { return o.What == store.OutcomeSuperfluous }},
	{Name: "team", Wants: func(o store.Outcome) bool { return !o.Internal() }},
}

// open is a file of its own, with three attempts where nothing else is said.
func open(t *testing.T, opt store.Options) *store.DB {
	t.Helper()
	return openAt(t, tests.Database(t), opt)
}

func openAt(t *testing.T, path string, opt store.Options) *store.DB {
	t.Helper()
	if opt.MaxAttempts == 0 {
		opt.MaxAttempts = 3
	}
	db, err := store.Open(t.Context(), path, opt)
	if err != nil {
		t.Fatalf("open database: %v", err)
	}
	t.Cleanup(func() { // whatever a test has done
		mustBeDerived(t, db)
		_ = db.Close()
	})
	return db
}

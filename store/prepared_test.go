package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// SQLite prepares a statement anew at every execution when its planner has looked at a bound value, as it does
// for an equality beside ORDER BY … LIMIT, max() or a JOIN: that costs more than all else of an event. Nothing
// that happens for each event, each click and each action does so.
func TestHotPathPreparesNothing(t *testing.T) {
	tests.OnlyFile(t, "it is SQLite's driver that prepares")
	db := open(t, store.Options{Consumers: everybody, MaxPerDay: 1000})
	var anew []string
	db.WatchPreparing(func(what string) { anew = append(anew, what) })
	for _, step := range []struct {
		name string
		do   func(user string)
	}{
		{"a click of somebody new, and Stripe's answer", func(user string) { mustBegin(t, db, user, "vs_"+user) }},
		{"a click of somebody with an open session", func(user string) {
			if _, err := db.Begin(t.Context(), user, "de", store.Made{}); err != nil {
				t.Fatal(err)
			}
		}},
		{"an event about nobody here", func(user string) { hear(t, db, "vs_of_another_app_"+user, verified(1)) }},
		{"an event that it is being checked", func(user string) { hear(t, db, "vs_"+user, processing(2)) }},
		{"an event that a check has failed", func(user string) { hear(t, db, "vs_"+user, failure("document_expired", 3)) }},
		{"an event that changes nothing", func(user string) { hear(t, db, "vs_"+user, failure("document_expired", 3)) }},
		{"an event that verifies somebody", func(user string) { hear(t, db, "vs_"+user, verified(5)) }},
		{"an event that was received before", func(user string) { hear(t, db, "vs_"+user, verified(5)) }},
		{"what follows", func(string) {
			list, err := db.Claim(t.Context(), "team", 1)
			if err != nil || len(list) == 0 {
				t.Fatalf("there must be an action to do, got %v, %v", list, err)
			}
			done(t, db, list...) // and the verdict, which is behind the failure, is due
		}},
	} {
		for i := range 3 { // at first they have to be prepared
			anew = nil
			step.do(fmt.Sprint("user", i))
		}
		if len(anew) > 0 {
			slices.Sort(anew)
			t.Errorf("%s must prepare nothing anew, got %s", step.name, strings.Join(slices.Compact(anew), ", "))
		}
	}
}

// PostgreSQL plans a statement anew at every execution for as long as it expects to save more by that, as it does for one that
// searches only where a bound value says so. It decides after five.
func TestHotPathIsPlannedOnce(t *testing.T) {
	tests.OnlyServer(t, "SQLite prepares")
	db := open(t, store.Options{Consumers: everybody, MaxPerDay: 1000})
	for i := range 12 { // one after the other: all on one connection
		user := fmt.Sprint("user", i)
		session := "vs_" + user
		mustBegin(t, db, user, session)
		hear(t, db, session, processing(2))
		hear(t, db, session, verified(5))
		list, err := db.Claim(t.Context(), "team", 1)
		if err != nil || len(list) != 1 {
			t.Fatalf("there must be an action to do, got %v, %v", list, err)
		}
		done(t, db, list...)
	}
	var anew []string
	must(t, db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		anew, err = store.List(ctx, tx, store.Scan[string], `SELECT statement FROM pg_prepared_statements WHERE custom_plans > 5`)
		return err
	}))
	if len(anew) > 0 {
		t.Errorf("these must not be planned anew each time: %s", strings.Join(anew, "\n"))
	}
}

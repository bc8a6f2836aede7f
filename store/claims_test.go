package store_test

import (
	"context"
	"testing"

	"example.com/identity-starter/store"
)

// What was claimed in a group whose commit failed is nobody's.
func TestClaimWhoseCommitFails(t *testing.T) {
	db := twoProcesses(t)[0]
	mustBegin(t, db, "user", "vs_1")
	hear(t, db, "vs_1", failure("a", 1))
	l := newLine(t, db)
	var list []store.Action
	var err error
	before := db.Waiting()
	l.all.Go(func() { list, err = db.Claim(context.WithoutCancel(t.Context()), "team", 4) })
	eventually(t, "a claim waits", func() bool { return db.Waiting() > before })
	l.join(t.Context(), func(do exec) error { return do("INSERT INTO line (parent) VALUES (-1)") }, func(error, any) {})
	l.goOn()
	if err == nil || len(list) > 0 {
		t.Errorf("what could not be claimed must not be done, got %+v, %v", list, err)
	}
}

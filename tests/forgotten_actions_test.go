package tests

import (
	"slices"
	"strings"
	"testing"
)

// Once what was done is removed, nobody remembers by its key that an outcome was told. It is not told again all the same, by old
// events, by a question or by `reconcile -all`: it follows because something changes.
func TestOldNewsIsNotToldAgain(t *testing.T) {
	d := aDay(t)
	d.NothingIsLeft()
	told := strings.Count(d.Out.String(), "msg=outcome")
	verifications := d.tables()[:len(d.people)]
	d.Change("UPDATE actions SET done_at = 1")
	d.Change("UPDATE events SET created_at = 1, received_at = 1")
	if err := d.Parts().DB.RemoveOld(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := d.Rows("SELECT (SELECT count(*) FROM actions), (SELECT count(*) FROM events)"); got[0] != "0|0" {
		t.Fatalf("what is old must be gone, got %q", got)
	}
	for range 2 {
		for _, e := range slices.Backward(d.Sim.Events()) {
			if err := d.Sim.Redeliver(e.ID); err != nil {
				t.Fatal(err)
			}
		}
		d.Idle()
		if out, err := d.Command("reconcile", "-all"); err != nil {
			t.Fatalf("reconcile -all: %v\n%s", err, out)
		}
		d.NothingIsLeft()
	}
	if got := d.Rows("SELECT kind, outcome, user_id FROM actions WHERE kind <> 'ask'"); len(got) > 0 || strings.Count(d.Out.String(), "msg=outcome") != told {
		t.Errorf("nothing may be told a second time, got %q", got)
	}
	MustEqual(t, "nothing may change either", verifications, d.tables()[:len(d.people)])
}

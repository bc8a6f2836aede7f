package outcomes_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
)

// What a comparison panics with may hold a name: the log has the place only.
func TestPanicOfAComparisonIsLoggedWithoutItsValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDiary()
		db, err := store.Open(t.Context(), t.TempDir()+"/starter.db", store.Options{MaxAttempts: 3, Compare: true})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		v, err := db.Begin(t.Context(), "user")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.RecordSession(t.Context(), store.News{SessionID: "vs_1", Reference: v.ID, UserID: "user", Status: store.Verified, At: time.Now()}); err != nil {
			t.Fatal(err)
		}
		work(t, d, time.Second, map[string]outcomes.Do{store.ActionCompare: func(context.Context, store.Action) error { panic("a marker of a name") }}, db)
		if log := d.log.String(); strings.Contains(log, "marker") || !strings.Contains(log, "compare_panic_test.go") {
			t.Errorf("the log must have the place of the panic and not its value, got\n%s", log)
		}
	})
}

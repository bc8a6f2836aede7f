package store_test

import (
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// year is a program that people come to every day. It runs on synctest's clock, on which a day is short.
type year struct {
	t    *testing.T
	db   *store.DB
	path string
	come int // people so far
}

// nothing is a disk that is never waited for: sizes are counted here.
type nothing struct{}

func (nothing) Sync() error { return nil }

// technical are the tables that are no record of anything, and record those that are.
var (
	technical = []string{"actions", "events", "minutes", "oauth_states"}
	record    = []string{"people", "verifications", "attempts"}
)

// After a year a file has no more rows than after 120 days, but for what it is there for: people, and what is known of them.
func TestAYear(t *testing.T) {
	tests.OnlyFile(t, "it measures the file")
	synctest.Test(t, func(t *testing.T) {
		y := &year{t: t, path: tests.Database(t)}
		y.db = openAt(t, y.path, store.Options{Consumers: everybody, Schemas: []store.Schema{ // with their indexes
			{Part: "review", Scripts: os.DirFS("../extras/review/schema")}, {Part: "erase", Scripts: os.DirFS("../extras/erase/schema")}}})
		y.db.ReplaceLog(nothing{})
		aDay := tests.Length(3, 27) // 10,000 in a year
		y.days(120, aDay)
		early, size := y.rows(technical), y.size()
		y.days(245, aDay)
		for table, late := range y.rows(technical) {
			if late > early[table] {
				t.Errorf("%s must have an end: %d rows after 120 days, %d after a year", table, early[table], late)
			}
		}
		grown := (y.size() - size) / int64(245*aDay)
		if grown > 3<<10 {
			t.Errorf("what remains of a person must be below 3 KiB, got %d bytes", grown)
		}
		t.Logf("%d people: %v, %v, %.1f MB; %d bytes more for each that has come since day 120", y.come, y.rows(record), y.rows(technical),
			float64(y.size())/1e6, grown)
	})
}

func (y *year) days(n, people int) {
	y.t.Helper()
	for range n {
		for range people {
			y.comes()
		}
		<-time.After(24 * time.Hour)
		y.must(y.db.RemoveOld(y.t.Context()))
	}
}

// comes is somebody who connects an account, fails once, and is verified. All of that is told, and what follows is done.
func (y *year) comes() {
	y.t.Helper()
	y.come++
	user, session := fmt.Sprintf("anon_%043d", y.come), fmt.Sprintf("vs_%024d", y.come) // as long as they are
	_, err := y.db.NewState(y.t.Context(), user)
	y.must(err)
	v, err := y.db.Begin(y.t.Context(), user, "", store.Made{})
	y.must(err)
	for i, n := range []store.News{{Status: store.RequiresInput}, {Status: store.Processing},
		{Status: store.RequiresInput, Failed: true, ErrorCode: "document_expired", ReportID: "vr_" + session}, {Status: store.Processing}, {Status: store.Verified}} {
		n.SessionID, n.Reference, n.UserID, n.At = session, v.ID, user, time.Now().Add(time.Duration(i)*time.Minute)
		_, err := y.db.RecordEvent(y.t.Context(), store.Event{ID: fmt.Sprintf("evt_%023d%d", y.come, i), Type: "identity.verification_session",
			ObjectID: session, CreatedAt: n.At, Session: &n})
		y.must(err)
	}
	for _, c := range everybody {
		for {
			list, err := y.db.Claim(y.t.Context(), c.Name, 64)
			if y.must(err); len(list) == 0 {
				break
			}
			y.must(y.db.Done(y.t.Context(), list...))
		}
	}
}

func (y *year) rows(tables []string) map[string]int {
	y.t.Helper()
	all := map[string]int{}
	for _, table := range tables {
		n, err := y.db.Count(y.t.Context(), "SELECT count(*) FROM "+table)
		y.must(err)
		all[table] = n
	}
	return all
}

// size is that of the file, once all is in it.
func (y *year) size() int64 {
	y.t.Helper()
	y.must(y.db.Exec(y.t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)"))
	info, err := os.Stat(y.path)
	y.must(err)
	return info.Size()
}

func (y *year) must(err error) {
	y.t.Helper()
	if err != nil {
		y.t.Fatal(err)
	}
}

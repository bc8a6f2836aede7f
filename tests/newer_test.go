package tests

import (
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"example.com/identity-starter/extras"
)

// newer is a version whose tables have more than ours: new columns of hot tables, and a new one.
func newer(extras.Program) extras.Extra {
	return extras.Extra{Name: "later", Schema: fstest.MapFS{"0001.sql": {Data: []byte(`
		ALTER TABLE people ADD COLUMN later INTEGER NOT NULL DEFAULT 0;
		ALTER TABLE verifications ADD COLUMN later INTEGER;
		ALTER TABLE events ADD COLUMN later INTEGER NOT NULL DEFAULT 0;
		ALTER TABLE actions ADD COLUMN later INTEGER;
		CREATE TABLE later (user_id TEXT NOT NULL PRIMARY KEY) STRICT;`)}}}
}

// A program goes on while a newer one brings the tables up to date under it, and beside that one. Ended, it does not start
// again on tables that it does not know.
func TestOlderBesideNewer(t *testing.T) {
	a := Start(t)
	ended := make(chan struct{})
	var people sync.WaitGroup
	for range 4 {
		people.Go(func() {
			for i := 0; ; i++ {
				if b := a.Browser(); b.Click().Status != 200 || b.Get("/").Status != 200 {
					t.Error("nobody may notice that the tables are brought up to date")
				}
				select {
				case <-ended:
					return
				default:
				}
			}
		})
	}
	twin := a.twin()
	twin.Team = With(newer)
	twin.Run()
	close(ended)
	people.Wait()
	person := a.Browser()
	a.Finish(person.Verify(a).ID, "verified")
	person.Base = twin.URL
	if got := person.Get("/members"); got.Status != 200 {
		t.Errorf("what the older one records the newer one must know, got %d", got.Status)
	}
	a.NothingIsLeft()
	if strings.Contains(a.Out.String()+twin.Out.String(), "level=ERROR") {
		t.Errorf("neither may be in the other's way, got\n%s\n%s", a.Out, twin.Out)
	}
	a.Change("UPDATE schemas SET version = version + 1 WHERE name = 'core'")
	a.Finish(a.Browser().Verify(a).ID, "verified")
	if out, err := a.Command("reconcile"); err == nil || !strings.Contains(err.Error(), "newer version of this program") {
		t.Errorf("an older program must not start on newer tables, got %v\n%s", err, out)
	}
}

package tests

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
)

// restore puts a backup in the place of the program's database, while it does not run.
func (a *App) restore(backup *App) {
	a.T.Helper()
	if err := a.Stop(); err != nil {
		a.T.Fatal(err)
	}
	if !store.IsFile(a.Database) {
		a.Database = backup.Database
		a.Set("DATABASE_URL=" + a.Database)
		return
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(a.Database + suffix)
	}
	if err := os.Rename(backup.Database, a.Database); err != nil {
		a.T.Fatal(err)
	}
}

// Who came after a backup was made is found again: by reconcile, and by the program that runs with it.
func TestRestoreFindsWhoCameSince(t *testing.T) {
	for _, by := range []string{"reconcile", "the running program"} {
		t.Run(by, func(t *testing.T) {
			a := Start(t, "MAX_VERIFICATION_ATTEMPTS=2")
			before := a.Browser()
			before.Verify(a)
			backup := a.copied()
			lucky, clumsy, waiting := a.Browser(), a.Browser(), a.Browser()
			a.Finish(lucky.Verify(a).ID, "verified")
			bad := clumsy.Verify(a).ID
			a.Finish(bad, "document_expired")
			a.Finish(bad, "document_expired")
			still := waiting.Verify(a)
			a.NothingIsLeft()
			a.Idle()
			want := a.known()
			a.restore(backup)
			if by == "reconcile" {
				if out, err := a.Command("reconcile"); err != nil || !strings.Contains(out, "sessions listed: 3 changed something") {
					t.Fatalf("reconcile must find the three, got %v\n%s", err, out)
				}
				MustEqual(t, "who came since the backup must be known again", want, a.known())
			}
			a.Run()
			Eventually(t, "who came since the backup is known again", func() bool { return len(a.known()) == len(want) })
			MustEqual(t, "who came since the backup must be known again", want, a.known())
			if got := a.Rows("SELECT kind, outcome, object_id FROM actions"); len(got) != 0 {
				t.Errorf("nothing follows from the past, got %q", got)
			}
			if got := clumsy.Post("/create-verification-session", nil); got.Status != 403 {
				t.Errorf("who had no attempts left must have none, got %d", got.Status)
			}
			a.Finish(still.ID, "verified")
			if got := waiting.Get("/members"); got.Status != 200 {
				t.Errorf("a session that was found again must hear of its webhooks, got %d", got.Status)
			}
		})
	}
}

// How far the list of sessions has got moves with a whole list only: what could not be read is read by the next one.
func TestFoundSessionsAreFoundOnceAllWereRead(t *testing.T) {
	stripe := &Clock{}
	a := StartWith(t, stripesim.Config{Now: stripe.Now})
	a.Browser().Verify(a)
	backup := a.copied()
	stripe.Move(3 * time.Hour)
	failing := a.Browser()
	lost := failing.Verify(a)
	a.Finish(lost.ID, "verified")
	stripe.Move(3 * time.Hour)
	a.Browser().Verify(a)
	a.restore(backup)
	a.Sim.AddFault(stripesim.Fault{Path: "/v1/identity/verification_reports", Times: -1, Status: 400})
	if out, err := a.Command("reconcile"); err == nil || !strings.Contains(out, lost.ID+"  failed") || !strings.Contains(out, "sessions listed: 1 changed something") {
		t.Errorf("what cannot be read must be said, and stop nothing else, got %v\n%s", err, out)
	}
	a.Sim.ClearFaults()
	if out, err := a.Command("reconcile"); err != nil || !strings.Contains(out, lost.ID+"  rebuilt: verified") {
		t.Errorf("what could not be read must be found by the next list, got %v\n%s", err, out)
	}
	reached := a.Rows("SELECT reached FROM turns WHERE name = 'sessions'")
	if out, err := a.Command("reconcile"); err != nil || strings.Count(out, " 0 changed something") != 3 {
		t.Errorf("the next list has nothing to tell, got %v\n%s", err, out)
	}
	lists := slices.DeleteFunc(a.Sim.Requests(), func(r stripesim.Request) bool { return !listsSessions(r) })
	if since := lists[len(lists)-1].Form.Get("created[gte]"); since <= "0" || len(reached) != 1 || !slices.Equal(reached, a.Rows("SELECT ? + 3600", since)) {
		t.Errorf("the next list must begin an hour before %q, got %s", reached, since)
	}
}

// A create that is under way is nobody's lost session: its row is there, and waits for Stripe's answer.
func TestCreateUnderWayIsNotFound(t *testing.T) {
	a := Start(t)
	a.Sim.AddFault(AtCreate(stripesim.Fault{Close: true, After: true, Times: -1}))
	person := a.Browser()
	person.MustRefuse("Stripe's answer is lost", 503, "stripe_unavailable")
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	a.Run()
	Eventually(t, "the sessions are listed", func() bool { return len(a.Rows("SELECT 1 FROM turns WHERE name = 'sessions'")) == 1 })
	if got := a.Rows("SELECT count(*), count(session_id) FROM verifications"); got[0] != "1|0" {
		t.Errorf("the row must wait for its own click or check, and be the only one, got %q", got)
	}
}

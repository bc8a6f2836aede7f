package erase_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"example.com/identity-starter/extras/erase"
	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/tests"
)

// RETENTION_DAYS redacts what is old and finished; without it nothing happens by itself.
func TestRetention(t *testing.T) {
	t.Parallel() // beside others that wait
	const day = 24 * 60 * 60
	a := start(t)
	ago := func(days int) int64 { return time.Now().Unix() - int64(days)*day }
	sessions := map[string]stripesim.Session{}
	for name, outcome := range map[string]string{"old": "verified", "young": "verified", "old failure": "document_expired", "reopened": "document_expired",
		"untouched": "", "being checked": stripesim.OutcomeProcessing, "at the gate": "verified", "to be reviewed": "verified"} {
		sessions[name] = a.Browser().Verify(a)
		if outcome != "" {
			a.Finish(sessions[name].ID, outcome)
		}
		if name != "young" {
			a.Change("UPDATE verifications SET created_at = ?, news_at = ?, opened_at = ? WHERE session_id = ?", ago(40), ago(40), ago(40), sessions[name].ID)
		}
	}
	a.Change("UPDATE verifications SET opened_at = ? WHERE session_id = ?", ago(1), sessions["reopened"].ID)
	a.Change("UPDATE verifications SET gate = 'waiting' WHERE session_id = ?", sessions["at the gate"].ID)
	a.Change("UPDATE verifications SET gate = 'held', needs_review = 1 WHERE session_id = ?", sessions["to be reviewed"].ID)
	if err := a.Stop(); err != nil || redactionsAsked(a) != 0 {
		t.Fatalf("without RETENTION_DAYS nothing may be redacted by itself: %v", err)
	}
	a.Set("RETENTION_DAYS=30")
	a.Run()
	tests.Eventually(t, "old sessions are redacted", func() bool {
		return atStripeRedacted(a, sessions["old"].ID) && atStripeRedacted(a, sessions["old failure"].ID)
	})
	a.Idle()
	if redactionsAsked(a) != 2 || atStripeRedacted(a, sessions["young"].ID) {
		t.Errorf("only old and finished sessions may be redacted, got %d", redactionsAsked(a))
	}
	tests.MustEqual(t, "of the others nobody is to be redacted later either", []string{sessions["old"].ID, sessions["old failure"].ID},
		a.Rows("SELECT v.session_id FROM verifications v JOIN redactions r ON r.verification_id = v.id"))
	if got := a.Rows("SELECT count(*) FROM attempts")[0]; got != "2" {
		t.Errorf("how often somebody tried must remain, got %s", got)
	}
}

// failedLongAgo is a session that nobody has come back to for 40 days, by the clock.
func failedLongAgo(t *testing.T, now *time.Time) (*store.DB, store.Verification) {
	t.Helper()
	*now = now.AddDate(0, 0, -40)
	db := open(t, tests.Database(t), store.Options{Now: func() time.Time { return *now }})
	v, err := db.Begin(t.Context(), "user", "", store.Made{})
	if err == nil {
		_, err = db.RecordSession(t.Context(), store.News{SessionID: "vs_1", Reference: v.ID, UserID: v.UserID, Status: store.RequiresInput,
			Failed: true, ErrorCode: "document_expired", ReportID: "vr_1", At: *now})
	}
	if err != nil {
		t.Fatal(err)
	}
	*now = now.AddDate(0, 0, 40)
	return db, v
}

// Somebody may come back to a session that has come of age before its turn is there: then it stays. What a person has wanted
// goes all the same, and what is taken is handed out to nobody any more.
func TestRetentionLooksAgain(t *testing.T) {
	for rule, c := range map[string]struct {
		comesBack, wanted, settings bool
		due                         bool
	}{
		"what nobody came back to is redacted":             {settings: true, due: true},
		"what somebody has come back to stays":             {comesBack: true, settings: true},
		"what a person has wanted is redacted":             {comesBack: true, wanted: true, settings: true, due: true},
		"without RETENTION_DAYS nothing is too old":        {},
		"what a person has wanted goes without it as well": {wanted: true, due: true},
	} {
		now := time.Now()
		db, v := failedLongAgo(t, &now)
		before := now.AddDate(0, 0, -30)
		if more, err := erase.Retire(t.Context(), db, before); err != nil || !more {
			t.Fatalf("it must have come of age, got %v, %v", more, err)
		}
		if c.wanted {
			if err := erase.Want(t.Context(), db, "user", 0, erase.Everything, false); err != nil {
				t.Fatal(err)
			}
		}
		if c.comesBack {
			change(t, db, "UPDATE verifications SET opened_at = "+fmt.Sprint(now.Unix()))
		}
		if !c.settings {
			before = time.Time{}
		}
		got, due, err := erase.NextOlderThan(t.Context(), db, before)
		if err != nil || due != c.due || due && (got.ID != v.ID || got.Open()) {
			t.Errorf("%s: due %v, got %+v, %v, %v", rule, c.due, got, due, err)
		}
		again, err := db.Begin(t.Context(), "user", "", store.Made{})
		if err != nil || again.New != c.due {
			t.Errorf("%s: who clicks now must get another session: %v, got %+v, %v", rule, c.due, again, err)
		}
		if n := count(t, db, "SELECT count(*) FROM redactions"); (n == 1) != c.due {
			t.Errorf("%s: a wish that has been dropped must be gone, %d are left", rule, n)
		}
	}
}

// Somebody may ask for a redaction while the session comes of age: then that is what is wanted.
func TestRetentionBesideAWish(t *testing.T) {
	tests.OnlyServer(t, "a file has one writer")
	now := time.Now()
	db, v := failedLongAgo(t, &now)
	retired := make(chan error, 1)
	if err := db.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Exec(ctx, "wish", "INSERT INTO redactions (verification_id, livemode, due_at) VALUES ($1, 0, 5)", v.ID); err != nil {
			return err
		}
		go func() {
			_, err := erase.Retire(t.Context(), db, now.AddDate(0, 0, -30))
			retired <- err
		}()
		tests.Eventually(t, "the other one waits for it", func() bool {
			return count(t, db, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%INSERT INTO redactions%'") > 0
		})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := <-retired; err != nil || count(t, db, "SELECT count(*) FROM redactions WHERE due_at = 5 AND by_age = 0") != 1 {
		t.Errorf("what somebody has wanted must stay, and be no error, got %v", err)
	}
}

// The same in the whole program: a click beats a retention that was put off.
func TestRetentionLeavesWhatIsReopened(t *testing.T) {
	a := start(t)
	person := a.Browser()
	session := person.Verify(a).ID
	a.Finish(session, "document_expired")
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	a.Change("UPDATE verifications SET created_at = 1, news_at = 1, opened_at = 1")
	a.Change("INSERT INTO redactions (verification_id, livemode, due_at, tries, by_age) SELECT id, livemode, unixepoch() + 3600, 0, 1 FROM verifications")
	a.Set("RETENTION_DAYS=30")
	a.Run()
	if got := person.Click(); got.Status != 200 || len(a.Sim.Sessions()) != 1 {
		t.Fatalf("the person must get the same session, got %d", got.Status)
	}
	due(a)
	tests.Eventually(t, "the wish is dropped", func() bool { return a.Rows("SELECT count(*) FROM redactions")[0] == "0" })
	if got := a.StatusAtStripe(session); got != "requires_input" {
		t.Errorf("nobody may be thrown out of a session that was opened just now, got %s", got)
	}
}

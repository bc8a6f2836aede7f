package erase_test

import (
	"fmt"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/tests"
)

// RETENTION_DAYS redacts what is old and finished, and removes old event rows;
// without it nothing happens by itself.
func TestRetention(t *testing.T) {
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
	for i := range 450 {
		a.Change(`INSERT INTO events (id, type, livemode, account, object_id, created_at, received_at, result)
			VALUES (?, 't', 0, '', '', ?, 1, 'ignored')`, fmt.Sprint("evt_old", i), ago(91))
	}
	a.Change(`INSERT INTO events VALUES ('evt_younger', 't', 0, '', '', ?, 1, 'ignored', NULL), ('evt_live', 't', 1, '', '', 1, 1, 'ignored', NULL)`, ago(89))
	if err := a.Stop(); err != nil || redactionsAsked(a) != 0 {
		t.Fatalf("without RETENTION_DAYS nothing may be redacted by itself: %v", err)
	}
	a.Set("RETENTION_DAYS=30")
	a.Run()
	tests.Eventually(t, "old sessions are redacted, and old rows removed", func() bool {
		return atStripeRedacted(a, sessions["old"].ID) && atStripeRedacted(a, sessions["old failure"].ID) &&
			a.Rows("SELECT count(*) FROM events WHERE id GLOB 'evt_old*'")[0] == "0"
	})
	a.Idle()
	if redactionsAsked(a) != 2 || atStripeRedacted(a, sessions["young"].ID) {
		t.Errorf("only old and finished sessions may be redacted, got %d", redactionsAsked(a))
	}
	tests.MustEqual(t, "of the others nobody is to be redacted later either", []string{sessions["old"].ID, sessions["old failure"].ID},
		a.Rows("SELECT v.session_id FROM verifications v JOIN redactions r ON r.verification_id = v.id"))
	if got := a.Rows("SELECT count(*) FROM events WHERE id IN ('evt_younger', 'evt_live')")[0]; got != "2" {
		t.Error("younger rows, and those of the other mode, must stay")
	}
	if got := a.Rows("SELECT count(*) FROM attempts")[0]; got != "2" {
		t.Errorf("how often somebody tried must remain, got %s", got)
	}
}

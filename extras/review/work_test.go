package review_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"example.com/identity-starter/extras/review"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// holds has the gate hold the person back, who has a session that Stripe has verified.
func holds(a *tests.App, person *tests.Browser) (user string) {
	a.T.Helper()
	session := person.Verify(a)
	a.Finish(session.ID, "verified")
	a.Change("UPDATE verifications SET gate = 'held', gate_note = 'another name', needs_review = 1 WHERE session_id = '" + session.ID + "'")
	a.Change("UPDATE people SET verified = 0, verdicts = 0, reviews = 1 WHERE user_id = '" + session.UserID + "'")
	return session.UserID
}

// Who decides is led to whoever has waited longest of those about whom he can decide, and told what was written; who only
// says so in an address is told nothing.
func TestOneAfterTheOther(t *testing.T) {
	a := start(t, "REVIEWERS="+ritaPair+","+rolfPair)
	rita, rolf := reviewerOf(a, ritaPair), reviewerOf(a, rolfPair)
	own := holds(a, rita.Browser)
	first, second := holds(a, a.Browser()), holds(a, a.Browser())
	a.Change("UPDATE verifications SET created_at = created_at - 30 WHERE user_id = '" + own + "'")
	a.Change("UPDATE verifications SET created_at = created_at - 20 WHERE user_id = '" + first + "'")
	if body := rita.Get(personPage(first)).Body; !strings.Contains(body, "Stripe says verified, but it is not what was expected: “another name”") ||
		strings.Index(body, "another name") > strings.Index(body, "<form") || strings.Contains(body, "<h1>"+first) {
		t.Errorf("the page must begin with why the person is here, got\n%s", body)
	}
	next := func(got tests.Answer, who, done string) {
		t.Helper()
		if got.Status != 303 {
			t.Fatalf("the decision must be written, got %d\n%s", got.Status, got.Body)
		}
		body := rita.Get(got.Location).Body
		link := `<a class="button" href="/review/person?user=` + who
		if !strings.Contains(body, "The decision is written: <strong>"+done+"</strong>") || strings.Contains(body, link) != (who != "") || who == "" && !strings.Contains(body, "Nobody else waits") {
			t.Errorf("the reviewer must read %q, and be led to %q, got\n%s", done, who, body)
		}
		if body := rolf.Get(got.Location).Body; strings.Contains(body, "The decision is written") {
			t.Error("nobody may be told of another's decision as of his own")
		}
	}
	next(rita.decide(first, "approve", rita.look(first)), second, "approved")
	if body := rita.Get("/review?show=needs_review&decided=" + second).Body; strings.Contains(body, "The decision is written") {
		t.Error("what an address says was decided must not be believed")
	}
	next(rita.decide(second, "one_more", rita.look(second)), "", "one more attempt given")

	page := rita.Get(personPage(first) + "&show=verified&order=oldest")
	form := url.Values{"user": {first}, "decision": {"reject"}, "seen": {seenOn(t, page)}, "reason": {"no"}, "show": {"verified"}, "order": {"oldest"}}
	if !strings.Contains(page.Body, `href="/review?order=oldest&amp;show=verified">← Verified`) || !strings.Contains(page.Body, `name="order" value="oldest"`) {
		t.Errorf("the page must lead back to the list from which it was opened, got\n%s", page.Body)
	}
	if got := rita.Post("/review/person", form); got.Location != "/review?decided="+first+"&order=oldest&show=verified" {
		t.Errorf("a decision must lead back to that list, got %d %s", got.Status, got.Location)
	}
}

// What cannot be undone is asked twice, by the server: the first answer says what will be gone, and writes nothing.
func TestRedactionIsAskedTwice(t *testing.T) {
	a := beside(t, stub(outcomes.Redact, store.Redact), "REVIEWERS="+ritaPair)
	person, rita := a.Browser(), reviewerOf(a, ritaPair)
	session := person.Verify(a)
	form := url.Values{"user": {session.UserID}, "decision": {"redact"}, "seen": {rita.look(session.UserID)}, "reason": {"asked for\r\nit"}}
	asked := rita.Post("/review/person", form)
	if asked.Status != 200 || !strings.Contains(asked.Body, "What will be gone") || !strings.Contains(asked.Body, `name="sure" value="redact"`) {
		t.Fatalf("it must be asked whether that is meant, got %d\n%s", asked.Status, asked.Body)
	}
	if !strings.Contains(asked.Body, "name=\"reason\" value=\"asked for\nit\"") || !strings.Contains(asked.Body, `href="`+personPage(session.UserID)+`">No, go back`) {
		t.Errorf("the reason must be sent along, and there must be a way back, got\n%s", asked.Body)
	}
	form.Set("sure", "yes")
	if got := rita.Post("/review/person", form); got.Status != 200 {
		t.Errorf("only what the page sends confirms it, got %d", got.Status)
	}
	if rows := a.Rows("SELECT 1 FROM decisions"); len(rows) > 0 {
		t.Fatal("nothing may be decided before it is confirmed")
	}
	form.Set("sure", "redact")
	a.Finish(session.ID, "document_expired")
	if got := rita.Post("/review/person", form); got.Status != 409 || !strings.Contains(got.Body, "Something has changed since you looked") {
		t.Errorf("what was confirmed must still be what was seen, got %d", got.Status)
	}
	form.Set("seen", rita.look(session.UserID))
	if got := rita.Post("/review/person", form); got.Status != 303 || fmt.Sprint(a.Rows("SELECT decision FROM decisions")) != "[redact]" {
		t.Errorf("confirmed, it must be decided, got %d\n%s", got.Status, got.Body)
	}
}

// What the lists have is counted, up to a thousand.
func TestCounts(t *testing.T) {
	db, raw := newFile(t, 3000)
	if _, err := raw.ExecContext(t.Context(), "UPDATE verifications SET status = 'processing' WHERE number = 1 AND person <= 9"); err != nil {
		t.Fatal(err)
	}
	if s := review.Statements()["counts"]; strings.Count(s, "FROM verifications") != strings.Count(s, "LIMIT $2") {
		t.Errorf("nothing may be counted without a bound:\n%s", s)
	}
	n, err := review.Count(t.Context(), db)
	if want := (review.Counts{NeedReview: 30, RequiresInput: 300, Processing: 9, Verified: 1000, All: 1000}); err != nil || n != want {
		t.Errorf("the lists have %+v, got %+v, %v", want, n, err)
	}
}

// A story is told in words: what an action does and how far it is, and what is about a failure has not failed for that.
func TestStoryInWords(t *testing.T) {
	for want, e := range map[string]review.Entry{
		"A verification was begun. At Stripe it is now: [bad failed] document_expired; held back: “another name”": {Kind: "session", What: "requires_input", Code: "document_expired", Which: "held", Note: "another name"},
		"A verification was begun. At Stripe it is now: [good verified] is what was expected":                     {Kind: "session", What: "verified", Which: "passed"},
		"Stripe told us: verified [ ] identity.verification_session.verified: recorded":                           {Kind: "event", What: "identity.verification_session.verified", Which: "applied"},
		"Stripe told us: account.updated [ ] account.updated: nothing new":                                        {Kind: "event", What: "account.updated", Which: "stale"},
		"A check failed, and counts as an attempt: document_expired [ ] vr_1":                                     {Kind: "attempt", What: "document_expired", Note: "vr_1"},
		"Approved by rita [ ] seen":                                               {Kind: "decision", What: "approve", Which: "rita", Note: "seen"},
		"Decision withdrawn (rejected) by rolf [ ] ":                              {Kind: "decision", What: "withdraw", Code: "reject", Which: "rolf"},
		"Mail about the failed check [busy waiting] ":                             {Kind: "action", What: "failed", Which: "mail", Note: "to do"},
		"Mail about the failed check [bad given up] ":                             {Kind: "action", What: "failed", Which: "mail", Note: "given up"},
		"Mail about the approval [good sent, where there is an address] ":         {Kind: "action", What: "approved", Which: "mail", Note: "done"},
		"Closing the session at Stripe, because of the last attempt [good done] ": {Kind: "action", What: "superfluous", Code: "exhausted", Which: "cancel", Note: "done"},
		"Your own code, for the event customer.created [busy waiting] ":           {Kind: "action", What: "own_event", Code: "customer.created", Which: "event", Note: "to do"},
		"billing, about the verdict [good done] ":                                 {Kind: "action", What: "verified", Which: "billing", Note: "done"},
	} {
		b := e.State()
		if got := fmt.Sprintf("%s [%s %s] %s", e.Says(), b.Tone, b.Word, e.Detail()); got != want {
			t.Errorf("a reviewer must read %q, got %q", want, got)
		}
	}
}

// Every state of a person begins with a sentence of its own, and no raw id.
func TestWhySomebodyIsHere(t *testing.T) {
	v := func(status store.Status, code string) *store.Verification {
		return &store.Verification{Status: status, ErrorCode: code}
	}
	seen := map[string]string{}
	for state, u := range map[string]store.User{
		"verified": {Verified: true, Newest: v(store.Verified, "")}, "approved": {Verified: true, Approved: true, Newest: v(store.Canceled, "")},
		"rejected": {Rejected: true, Newest: v(store.Verified, "")}, "in_review": {InReview: true, Newest: v(store.Verified, "")},
		"compared": {AtGate: true, Newest: v(store.Verified, "")}, "processing": {Newest: v(store.Processing, "")},
		"exhausted": {Attempts: 3, Newest: v(store.Canceled, "document_expired")}, "requires_input": {Attempts: 1, AttemptsLeft: 2, Newest: v(store.RequiresInput, "document_expired")},
		"canceled": {AttemptsLeft: 3, Newest: v(store.Canceled, "")}, "started": {AttemptsLeft: 3, Newest: v(store.RequiresInput, "")},
		"none": {AttemptsLeft: 1, Newest: v(store.Verified, "")}, "revoked": {Revoked: true, AttemptsLeft: 1, Newest: v(store.Canceled, "")},
	} {
		why := review.WhyOf(u, review.Because{Reviewer: "rita", Reason: "seen", Note: "another name"})
		if why.Title == "" || why.Tone == "" || !strings.HasSuffix(why.Text, ".") || seen[why.Text] != "" {
			t.Errorf("%s must have words of its own, got %+v as %q has", state, why, seen[why.Text])
		}
		seen[why.Text] = state
	}
	for text, state := range map[string]string{"3 failed checks, the last one for document_expired. No attempts are left: only a decision leads on.": "exhausted",
		"rita approved: “seen”. Stripe says canceled.": "approved", "Stripe says why: document_expired. 1 failed check, 2 left: the person can try without a decision.": "requires_input"} {
		if seen[text] != state {
			t.Errorf("%s must read %q, got %v", state, text, seen)
		}
	}
}

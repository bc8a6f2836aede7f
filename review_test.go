package main

import (
	"database/sql"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
)

const (
	reviewerPair  = "rita:" + "correct horse battery"
	reviewerPair2 = "rolf:" + "another long password"
)

// reviewer is somebody with a password, in a browser of their own.
func (a *app) reviewer(pair string) *browser {
	b := a.browser()
	name, password, _ := strings.Cut(pair, ":")
	b.base = strings.Replace(b.base, "http://", "http://"+url.UserPassword(name, password).String()+"@", 1)
	return b
}

func personPage(user string) string { return "/review/person?user=" + url.QueryEscape(user) }

var seenField = regexp.MustCompile(`name="seen" value="(\d+)"`)

// look opens a person's page and returns what it has seen of the decisions.
func (b *browser) look(user string) string {
	b.t.Helper()
	got := b.get(personPage(user))
	m := seenField.FindStringSubmatch(got.body)
	if got.status != 200 || m == nil {
		b.t.Fatalf("a reviewer must see the person with a form, got %d\n%s", got.status, got.body)
	}
	return m[1]
}

func (b *browser) decide(user, decision, seen string) answer {
	b.t.Helper()
	return b.post("/review/person", url.Values{"user": {user}, "decision": {decision}, "seen": {seen}, "reason": {"looked at it"}})
}

// decided looks and decides, which must be possible.
func (b *browser) decided(user, decision string) {
	b.t.Helper()
	if got := b.decide(user, decision, b.look(user)); got.status != 303 || !strings.HasPrefix(got.location, personPage(user)) {
		b.t.Fatalf("%s must be possible, got %d\n%s", decision, got.status, got.body)
	}
}

// With a sign-in in front, reviewers are some of the users; nobody decides about himself.
func TestReviewersFromHeader(t *testing.T) {
	a := start(t, "AUTH_USER_HEADER=X-Auth-User", "REVIEWERS=boss, rita@example.test")
	as := func(user, method, path string, form url.Values) answer {
		b := a.browser()
		request := b.request(method, path, strings.NewReader(form.Encode()))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if user != "" {
			request.Header.Set("X-Auth-User", user)
		}
		return b.send(request)
	}
	for user, want := range map[string]int{"boss": 200, "rita@example.test": 200, "": 404, "customer": 404, "bos": 404} {
		if got := as(user, "GET", "/review", nil); got.status != want {
			t.Errorf("/review as %q must be %d, got %d", user, want, got.status)
		}
	}
	for _, user := range []string{"boss", "customer"} {
		as(user, "POST", "/create-verification-session", nil)
	}
	if got := as("boss", "GET", personPage("boss"), nil); got.status != 200 || strings.Contains(got.body, "<form") {
		t.Errorf("a reviewer's own page must offer no decision, got %d", got.status)
	}
	form := url.Values{"user": {"boss"}, "decision": {"approve"}, "seen": {"0"}, "reason": {"me"}}
	if got := as("boss", "POST", "/review/person", form); got.status != 400 {
		t.Errorf("a decision about oneself must be refused, got %d", got.status)
	}
	form.Set("user", "customer")
	if got := as("customer", "POST", "/review/person", form); got.status != 404 {
		t.Errorf("a decision by somebody else must be 404, got %d", got.status)
	}
	if got := as("rita@example.test", "POST", "/review/person", form); got.status != 303 {
		t.Errorf("a reviewer must be able to decide about others, got %d", got.status)
	}
	if rows := a.rows("SELECT user_id, reviewer LIKE 'mail_%' FROM decisions"); fmt.Sprint(rows) != "[customer|1]" {
		t.Errorf("that one decision must be written, under no address, got %q", rows)
	}
}

// Nor in a browser in which he is a customer, too.
func TestReviewerWithAnAnonymousUser(t *testing.T) {
	a := start(t, "REVIEWERS="+reviewerPair)
	b := a.reviewer(reviewerPair)
	me := b.verify(a).UserID
	if got := b.decide(me, "approve", "0"); got.status != 400 || len(a.rows("SELECT 1 FROM decisions")) > 0 {
		t.Errorf("a decision about oneself must be refused, got %d", got.status)
	}
}

// What reviewers decide is the answer, whatever Stripe says, and the person sees it.
func TestDecisions(t *testing.T) {
	a := start(t, "REVIEWERS="+reviewerPair, "MAX_VERIFICATION_ATTEMPTS=1")
	rita, person := a.reviewer(reviewerPair), a.browser()
	shows := func(text, verified string) {
		t.Helper()
		if got := person.get("/"); !strings.Contains(got.body, text) {
			t.Errorf("the person must read %q, got\n%s", text, got.body)
		}
		if rows := a.rows("SELECT verified FROM users WHERE user_id = ?", person.user()); rows[0] != verified {
			t.Errorf("users.verified must be %s, got %s", verified, rows[0])
		}
	}
	told := func(outcome string) {
		t.Helper()
		eventually(t, "the team is told of "+outcome, func() bool {
			return len(a.rows("SELECT 1 FROM actions WHERE kind = 'team' AND outcome = ? AND done_at IS NOT NULL", outcome)) == 1
		})
	}
	canceled := func(session string) {
		t.Helper()
		eventually(t, "the open session is closed at Stripe", func() bool { s, _ := a.sim.Session(session); return s.Status == "canceled" })
		a.idle()
	}
	first := person.verify(a).ID
	rita.decided(person.user(), "cancel")
	canceled(first)
	told("canceled")
	shows("This verification was canceled", "0")

	second := person.verify(a).ID
	a.finish(second, "document_expired")
	shows("No attempts left", "0")
	canceled(second)
	rita.decided(person.user(), "one_more")
	told("one_more")
	third := person.verify(a).ID
	rita.decided(person.user(), "reject")
	canceled(third)
	told("rejected")
	shows("We could not confirm your identity", "0")
	person.asJSON().post("/create-verification-session", nil).refused(t, "rejected", 403)

	rita.decided(person.user(), "approve")
	told("approved")
	shows("You are verified", "1")
	rita.decided(person.user(), "reject")
	told("revoked")
	shows("We could not confirm your identity", "0")
	if rows := a.rows("SELECT decision, reviewer, reason, stripe_status FROM decisions ORDER BY id"); len(rows) != 5 ||
		rows[0] != "cancel|rita|looked at it|requires_input" || rows[2] != "reject|rita|looked at it|requires_input" {
		t.Errorf("each decision must be a row with who, why, and Stripe's verdict, got %q", rows)
	}
	story := rita.get(personPage(person.user())).body
	for _, part := range []string{"document_expired", "identity.verification_session.requires_input", "team: revoked", "one_more by rita", "<td>" + second + "</td>"} {
		if !strings.Contains(story, part) {
			t.Errorf("the person's page must tell the whole story; it lacks %s", part)
		}
	}
}

// A reject stands also when Stripe's verdict comes later: nobody is told otherwise.
func TestRejectedBeforeTheVerdict(t *testing.T) {
	a := start(t, "REVIEWERS="+reviewerPair)
	person := a.browser()
	session := person.verify(a).ID
	a.finish(session, "processing")
	a.reviewer(reviewerPair).decided(person.user(), "reject")
	a.finish(session, "verified")
	if rows := a.rows("SELECT u.verified, v.status FROM users u JOIN verifications v USING (user_id)"); fmt.Sprint(rows) != "[0|verified]" {
		t.Errorf("the decision must win, and Stripe's verdict must stay, got %q", rows)
	}
	if rows := a.rows("SELECT 1 FROM actions WHERE outcome = 'verified'"); len(rows) > 0 {
		t.Error("the team must not be told that a rejected user is verified")
	}
	if got := person.asJSON().get("/verification/status"); strings.Contains(got.body, `"verified"`) {
		t.Errorf("the page must not call a rejected user verified, got %s", got.body)
	}
}

// Of several reviewers who decide at once, one does, and the others are told.
func TestReviewersAtOnce(t *testing.T) {
	a := start(t, "REVIEWERS="+reviewerPair+","+reviewerPair2)
	user := a.browser().verify(a).UserID
	rita, rolf := a.reviewer(reviewerPair), a.reviewer(reviewerPair2)
	seen := rita.look(user)
	answers := make([]answer, 8)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			if i%2 == 0 {
				answers[i] = rita.asJSON().decide(user, "approve", seen)
			} else {
				answers[i] = rolf.asJSON().decide(user, "reject", seen)
			}
		})
	}
	all.Wait()
	first := 0
	for _, got := range answers {
		if got.status == 303 {
			first++
		} else {
			got.refused(t, "already_decided", 409)
		}
	}
	if rows := a.rows("SELECT 1 FROM decisions"); first != 1 || len(rows) != 1 {
		t.Errorf("one decision must be made, got %d, written %d", first, len(rows))
	}
	if got := rolf.decide(user, "reject", seen); got.status != 409 || !strings.Contains(got.body, `href="`+strings.ReplaceAll(personPage(user), "&", "&amp;")) {
		t.Errorf("who is second must be led to the decision, got %d\n%s", got.status, got.body)
	}
}

// Decisions that do not fit, or say no reason, change nothing; and no other site can send one.
func TestDecisionsThatAreRefused(t *testing.T) {
	a := start(t, "REVIEWERS="+reviewerPair)
	user, rita := a.browser().verify(a).UserID, a.reviewer(reviewerPair)
	form := func(name, value string) url.Values {
		f := url.Values{"user": {user}, "decision": {"approve"}, "seen": {"0"}, "reason": {"fine"}}
		f.Set(name, value)
		return f
	}
	for name, c := range map[string]struct {
		form   url.Values
		status int
	}{
		"no reason": {form("reason", "  "), 400}, "a long reason": {form("reason", strings.Repeat("x", 1001)), 400},
		"no text": {form("reason", "\xff"), 400}, "not seen": {form("seen", ""), 400}, "another decision": {form("decision", "delete"), 400},
		"a user of whom nothing is known": {form("user", "nobody"), 404},
	} {
		if got := rita.post("/review/person", c.form); got.status != c.status {
			t.Errorf("%s must be %d, got %d", name, c.status, got.status)
		}
	}
	request := rita.request("POST", "/review/person", strings.NewReader(form("seen", "0").Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	if got := rita.send(request); got.status != 403 {
		t.Errorf("another site must not be able to decide with a reviewer's password, got %d", got.status)
	}
	if rows := a.rows("SELECT 1 FROM decisions"); len(rows) > 0 {
		t.Errorf("nothing of it must be written, got %d rows", len(rows))
	}
	if got := rita.get(personPage("nobody")); got.status != 404 {
		t.Errorf("a user of whom nothing is known has no page, got %d", got.status)
	}
}

// Who is in review reads so, cannot start anything, and is on the reviewers' list.
func TestInReview(t *testing.T) {
	a := start(t, "REVIEWERS="+reviewerPair)
	person, rita := a.browser(), a.reviewer(reviewerPair)
	session := person.verify(a)
	a.finish(session.ID, "verified")
	a.write("UPDATE verifications SET comparison = 'differs', comparison_note = 'another name', needs_review = 1")
	if got := person.get("/"); !strings.Contains(got.body, `data-status="in_review"`) || strings.Contains(got.body, "data-poll") || strings.Contains(got.body, `id="verify-button"`) {
		t.Errorf("the page must say that a person is looking, and stop asking, got\n%s", got.body)
	}
	person.asJSON().post("/create-verification-session", nil).refused(t, "in_review", 409)
	if got := person.asJSON().get("/verification/status"); !strings.Contains(got.body, `"status":"canceled"`) || !strings.Contains(got.body, `"code":"in_review"`) {
		t.Errorf("the script must stop asking and show no link to what is for members, got %s", got.body)
	}
	if got := person.get("/members"); got.status != 303 {
		t.Errorf("the gate must be closed, got %d", got.status)
	}
	if list := rita.get("/review?show=needs_review").body; !strings.Contains(list, person.user()) || !strings.Contains(list, "needs review") {
		t.Error("the reviewers' list must have the person under needs review")
	}
	rita.decided(person.user(), "one_more")
	if rows := a.rows("SELECT verified, needs_review FROM users"); rows[0] != "0|0" {
		t.Errorf("one more attempt ends the review and verifies nobody, got %q", rows)
	}
	if again := person.verify(a); again.ID == session.ID {
		t.Error("one more attempt must be a session of its own")
	}
}

// The list's filters and pages have everything once.
func TestReviewList(t *testing.T) {
	a := start(t, "REVIEWERS="+reviewerPair)
	a.write(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120)
		INSERT INTO verifications (id, livemode, user_id, session_id, status, created_at, updated_at)
		SELECT printf('REFAAAAA%018d', i), i = 120, 'user' || i, 'vs_' || i, CASE i % 2 WHEN 0 THEN 'verified' ELSE 'canceled' END, 1000 + i / 10, 1000 FROM n`)
	rita := a.reviewer(reviewerPair)
	next := regexp.MustCompile(`href="(/review\?[^"]*after=[^"]*)"`)
	row := regexp.MustCompile(`>(user\d+)</a>`)
	for query, want := range map[string]int{"": 119, "order=oldest": 119, "show=verified": 59, "show=canceled&order=oldest": 60,
		"show=needs_review": 0, "find=user7": 1, "find=vs_8": 1, "find=nobody": 0, "show=processing": 0, "find=user120": 0} {
		seen, pages := map[string]bool{}, 0
		for path := "/review?" + query; path != ""; pages++ {
			body := rita.get(path).body
			for _, m := range row.FindAllStringSubmatch(body, -1) {
				if seen[m[1]] {
					t.Errorf("%s: %s is there twice", query, m[1])
				}
				seen[m[1]] = true
			}
			path = ""
			if m := next.FindStringSubmatch(body); m != nil {
				path = strings.ReplaceAll(m[1], "&amp;", "&")
			}
		}
		if len(seen) != want || pages != max(1, (want+49)/50) {
			t.Errorf("%s must list %d on pages of 50, got %d on %d", query, want, len(seen), pages)
		}
	}
	if got := rita.get("/review?find=refaaaaa"); len(row.FindAllString(got.body, -1)) == 0 {
		t.Error("a reference must lead to its row, whatever its case")
	}
	for _, query := range []string{"show=x", "after=x-y", "find=" + strings.Repeat("x", 201)} {
		if got := rita.get("/review?" + query); got.status != 400 {
			t.Errorf("?%s must be 400, got %d", query, got.status)
		}
	}
}

// The charts say the same in bars and in words.
func TestReviewCharts(t *testing.T) {
	a := start(t, "REVIEWERS="+reviewerPair)
	for _, outcome := range []string{"verified", "document_expired", "document_expired", "selfie_face_mismatch"} {
		a.finish(a.browser().verify(a).ID, outcome)
	}
	body := a.reviewer(reviewerPair).get("/review").body
	for _, want := range []string{"1 verified", "3 failed checks", "document_expired: 2", "selfie_face_mismatch: 1", `fill="url(#hatch)"`, "<td>1</td><td>3</td>"} {
		if !strings.Contains(body, want) {
			t.Errorf("the charts must show %s, got\n%s", want, body)
		}
	}
}

// What was decided can be neither changed nor removed.
func TestDecisionsStay(t *testing.T) {
	a := start(t, "REVIEWERS="+reviewerPair)
	user := a.browser().verify(a).UserID
	a.reviewer(reviewerPair).decided(user, "approve")
	for _, statement := range []string{"DELETE FROM decisions", "UPDATE decisions SET decision = 'reject'", "UPDATE decisions SET stripe_status = ''"} {
		if err := a.exec(statement); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s must fail, got %v", statement, err)
		}
	}
	a.write("UPDATE decisions SET reason = ''") // what a redaction does
}

// write changes the program's database behind its back.
func (a *app) write(statement string) {
	a.t.Helper()
	if err := a.exec(statement); err != nil {
		a.t.Fatalf("%s: %v", statement, err)
	}
}

func (a *app) exec(statement string) error {
	a.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+a.database+"?_busy_timeout=5000&_txlock=immediate")
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(a.t.Context(), statement)
	return err
}

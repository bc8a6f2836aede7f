package store_test

import (
	"fmt"
	"slices"
	"testing"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// decides has a reviewer decide about ann, as she stands now.
func decides(t *testing.T, db *store.DB, decisions ...string) {
	t.Helper()
	for _, decision := range decisions {
		tests.Decide(t, db, store.Decision{UserID: "ann", Decision: decision, Reviewer: "rita", Reason: "seen"})
	}
}

// What a withdrawal takes back is the last word that still counts: the one before it counts again, and Stripe's
// verdict where there is none.
func TestWithdrawTakesTheLastWordBack(t *testing.T) {
	for _, c := range []struct {
		decisions []string
		word      string // "": Stripe's verdict counts
	}{
		{[]string{"reject", "withdraw"}, ""},
		{[]string{"approve", "withdraw"}, ""},
		{[]string{"approve", "reject", "withdraw"}, "approve"},
		{[]string{"approve", "reject", "withdraw", "withdraw"}, ""},
		{[]string{"reject", "withdraw", "approve", "withdraw"}, ""},
		{[]string{"reject", "approve", "withdraw", "approve", "reject", "withdraw", "withdraw"}, "reject"},
	} {
		s := newShared(t)
		db := s.process()
		mustBegin(t, db, "ann", "vs_1")
		hear(t, db, "vs_1", verified(1))
		decides(t, db, c.decisions...)
		u, err := db.User(t.Context(), "ann")
		if err != nil || u.Approved != (c.word == "approve") || u.Rejected != (c.word == "reject") || u.Verified != (c.word != "reject") {
			t.Errorf("after %q %q must count, got %+v, %v", c.decisions, c.word, u, err)
		}
		if can := slices.Contains(db.Possible(u), store.Withdraw); can != (c.word != "") {
			t.Errorf("after %q: a withdrawal is possible exactly while a word counts, got %v", c.decisions, can)
		}
		mustBeDerived(t, db)
		if n, err := db.Count(t.Context(), "SELECT count(*) FROM decisions"); err != nil || n != len(c.decisions) {
			t.Errorf("each decision must stay a row of its own, got %d, %v", n, err)
		}
	}
}

// Whom a withdrawal leaves verified or rejected needs no open session, which would cost a fee; who has to try again does.
func TestWithdrawClosesWhatIsSuperfluous(t *testing.T) {
	for _, c := range []struct {
		rule      string
		verified  bool // by an earlier session
		decisions []string
		want      string // why the open session is closed
	}{
		{"verified again", true, []string{"reject", "withdraw"}, "verified"},
		{"rejected again", false, []string{"reject", "approve", "withdraw"}, "rejected"},
		{"free to try again", false, []string{"approve", "withdraw"}, ""},
	} {
		s := newShared(t)
		db := s.process()
		mustBegin(t, db, "ann", "vs_1")
		hear(t, db, "vs_1", canceled("", 1))
		mustBegin(t, db, "ann", "vs_2")
		last := len(c.decisions) - 1
		decides(t, db, c.decisions[:last]...)
		if c.verified {
			hear(t, db, "vs_1", verified(2))
		}
		decides(t, db, c.decisions[last])
		want := map[string]string{}
		if c.want != "" {
			want["vs_2"] = c.want
		}
		got := lines(t, s.path, fmt.Sprintf(`SELECT object_id, code FROM actions WHERE kind = 'cancel' AND key LIKE '%%:decision:%d:%%'`, len(c.decisions)))
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: the open session must be closed because of %v, got %v", c.rule, want, got)
		}
		if _, must, err := db.MustCancel(t.Context(), "vs_2"); err != nil || must != (c.want != "") {
			t.Errorf("%s: it must be closed: %v, got %v, %v", c.rule, c.want != "", must, err)
		}
		if _, err := db.Begin(t.Context(), "ann", "", store.Made{}); (err == nil) != (c.want == "") {
			t.Errorf("%s: who is neither verified nor rejected can try again, and nobody else, got %v", c.rule, err)
		}
	}
}

// Whoever is held back is in review as long as nobody's word counts: a decision ends that, and its withdrawal begins it
// again, also for what was held back meanwhile. One more attempt is given instead, and ends it for good.
func TestWithdrawBeginsTheReviewAgain(t *testing.T) {
	for _, c := range []struct {
		before []string // the session is held back
		after  []string
		want   bool
	}{
		{nil, []string{"approve", "withdraw"}, true},
		{nil, []string{"reject", "withdraw"}, true},
		{nil, []string{"approve", "reject", "withdraw"}, false},
		{[]string{"reject"}, []string{"withdraw"}, true},
		{[]string{"one_more"}, nil, true},
		{nil, []string{"one_more", "reject", "withdraw"}, false},
	} {
		db := openAt(t, newShared(t).path, store.Options{Gate: true, MaxAttempts: 3, Consumers: everybody})
		mustBegin(t, db, "ann", "vs_1")
		decides(t, db, c.before...)
		hear(t, db, "vs_1", verified(1))
		if err := db.OpenGate(t.Context(), store.Action{Outcome: store.Outcome{ObjectID: "vs_1"}}, false, "another name"); err != nil {
			t.Fatal(err)
		}
		decides(t, db, c.after...)
		u, err := db.User(t.Context(), "ann")
		listed, e := db.Count(t.Context(), "SELECT count(*) FROM verifications WHERE needs_review = 1")
		if err != nil || e != nil || u.InReview != c.want || listed == 1 != c.want {
			t.Errorf("%q, held back, %q: in review must be %v, got %v, and %d on the list (%v, %v)", c.before, c.after, c.want, u.InReview, listed, err, e)
		}
		mustBeDerived(t, db)
	}
}

// What was taken back once cannot be taken back again, and a withdrawal always says of what.
func TestWithdrawalsAreConstrained(t *testing.T) {
	db := newShared(t).process()
	mustBegin(t, db, "ann", "vs_1")
	decides(t, db, "approve", "reject", "withdraw")
	for name, values := range map[string]string{"of what was withdrawn": "'withdraw', 2", "of nothing": "'withdraw', NULL", "that is none": "'approve', 1"} {
		if err := db.Exec(t.Context(), `INSERT INTO decisions (livemode, user_id, session_id, reviewer, reason, stripe_status, created_at, decision, withdraws)
			VALUES (0, 'ann', '', 'rita', '', '', 1, `+values+`)`); err == nil {
			t.Errorf("a withdrawal %s must be refused", name)
		}
	}
}

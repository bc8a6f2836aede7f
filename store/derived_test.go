package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"example.com/identity-starter/store"
)

// life is what can happen to a few users, in any order: whatever Stripe, reviewers, a gate and operators do.
type life struct {
	t      *testing.T
	db     *store.DB
	rng    *rand.Rand
	second int64
	made   []store.Verification
	news   int
}

func (l *life) user() string { return fmt.Sprint("user", l.rng.IntN(4)) }

// session is one that Stripe has, or now makes, for one of the verifications.
func (l *life) session() (store.Verification, string) {
	if len(l.made) == 0 {
		l.click()
	}
	v := l.made[l.rng.IntN(len(l.made))]
	return v, "vs_" + v.ID
}

func (l *life) click() {
	v, err := l.db.Begin(l.t.Context(), l.user(), "en", store.Made{Check: []string{"document", "document selfie"}[l.rng.IntN(2)]})
	if err == nil && v.New {
		l.made = append(l.made, v)
	}
}

// hear brings any news about any session, by an event or by an answer.
func (l *life) hear() {
	v, session := l.session()
	n := store.News{SessionID: session, Reference: v.ID, UserID: v.UserID, At: at(l.second - l.rng.Int64N(4)),
		Status: []store.Status{store.RequiresInput, store.Processing, store.Verified, store.Canceled}[l.rng.IntN(4)]}
	if n.Status == store.RequiresInput && l.rng.IntN(3) > 0 {
		n.Failed, n.ErrorCode = true, []string{"document_expired", "abandoned"}[l.rng.IntN(2)]
		n.ReportID = fmt.Sprint("vr_", l.rng.IntN(40))
	}
	n.Redacted = l.rng.IntN(12) == 0
	l.news++
	var err error
	if l.rng.IntN(2) == 0 {
		_, err = l.db.RecordEvent(l.t.Context(), store.Event{ID: fmt.Sprint("evt_", l.rng.IntN(l.news)), Type: "t", CreatedAt: n.At, Session: &n})
	} else {
		n.Known = []store.State{{}, v.State(), {Status: store.Verified, At: n.At.Unix() - 1}}[l.rng.IntN(3)]
		_, err = l.db.RecordSession(l.t.Context(), n)
	}
	l.must(err, store.ErrNotOurs)
}

// lose is what is done about a session that nobody has touched, or that Stripe does not know.
func (l *life) lose() {
	v, _ := l.session()
	l.must([]func(context.Context, string) error{l.db.Expire, l.db.RecordMissing}[l.rng.IntN(2)](l.t.Context(), v.ID))
}

// rebuild is what reconcile does about a session, also about one of which the file knows nothing.
func (l *life) rebuild() {
	v, session := l.session()
	if l.rng.IntN(2) == 0 {
		session, v.ID = fmt.Sprint("vs_past_", l.news), ""
	}
	status := []store.Status{store.RequiresInput, store.Verified, store.Canceled}[l.rng.IntN(3)]
	failed := store.News{SessionID: session, Status: store.RequiresInput, Failed: true, ErrorCode: "x", ReportID: fmt.Sprint("vr_past_", l.news), At: at(l.second)}
	_, err := l.db.Rebuild(l.t.Context(), store.News{SessionID: session, Reference: v.ID, UserID: v.UserID, Status: status, At: at(l.second)},
		at(l.rng.Int64N(l.second+1)), []store.News{failed}[:l.rng.IntN(2)])
	l.must(err, store.ErrAnotherOpen)
}

func (l *life) decide() {
	user := l.user()
	u, err := l.db.User(l.t.Context(), user)
	l.must(err)
	decision := []string{store.Approve, store.Reject, store.Withdraw, store.OneMore, store.Cancel}[l.rng.IntN(5)]
	l.must(l.db.Decide(l.t.Context(), store.Decision{UserID: user, Decision: decision, Reviewer: "rita", Reason: "seen", Seen: u.Seen()}),
		store.ErrNotPossible)
}

func (l *life) openGate() {
	_, session := l.session()
	l.must(l.db.OpenGate(l.t.Context(), store.Action{Outcome: store.Outcome{ObjectID: session}}, l.rng.IntN(2) == 0, "another name"))
}

func (l *life) giveUp() {
	v, _ := l.session()
	l.must(l.db.GiveUp(l.t.Context(), v.ID))
}

// setAside is what an eraser does before it asks Stripe, and where Stripe has no session.
func (l *life) setAside() {
	v, _ := l.session()
	l.must(l.db.InTx(l.t.Context(), func(ctx context.Context, tx *store.Tx) error { return l.db.SetAside(ctx, tx, v.ID) }))
	_, err := l.db.GiveUpUnmade(l.t.Context(), v.ID)
	l.must(err)
}

func (l *life) forget() {
	user := l.user()
	l.must(l.db.InTx(l.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return l.db.ReplaceUser(ctx, tx, user, fmt.Sprint("forgotten_", l.rng.Uint64()))
	}))
}

func (l *life) must(err error, or ...error) {
	l.t.Helper()
	for _, allowed := range or {
		if errors.Is(err, allowed) {
			return
		}
	}
	if err != nil {
		l.t.Fatalf("nothing that can happen may be an error, got %v", err)
	}
}

// Whatever happens, and in whichever order, where a user stands is what verifications, attempts and decisions say.
func TestWhereUsersStandIsDerived(t *testing.T) {
	for name, gate := range map[string]bool{"with a gate": true, "without a gate": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 40 {
				seed := rand.Uint64()
				l := &life{t: t, rng: rand.New(rand.NewPCG(seed, 1))}
				l.db = open(t, store.Options{Consumers: everybody, MaxAttempts: 3, Gate: gate, Now: func() time.Time { return at(l.second) }})
				if err := l.db.NoSync(t.Context()); err != nil {
					t.Fatal(err)
				}
				for range 120 {
					l.second += l.rng.Int64N(100)
					[]func(){l.click, l.click, l.click, l.hear, l.hear, l.hear, l.hear, l.hear, l.rebuild, l.decide, l.decide, l.openGate, l.giveUp, l.setAside, l.forget, l.lose}[l.rng.IntN(16)]()
				}
				mustBeInReview(t, l.db)
				if mustBeDerived(t, l.db); t.Failed() {
					t.Fatalf("with the seed %d", seed)
				}
			}
		})
	}
}

// mustBeInReview looks whether a reviewer has to look at whom a verified session holds back, unless a word counts.
func mustBeInReview(t *testing.T, db *store.DB) {
	t.Helper()
	n, err := db.Count(t.Context(), `SELECT count(*) FROM verifications v JOIN people p ON p.nr = v.person
		WHERE needs_review <> CASE WHEN gate = 'held' AND word = '' THEN 1 ELSE 0 END`)
	if err != nil || n > 0 {
		t.Errorf("who is held back must be in review as long as no reviewer's word counts, and nobody else, not so %d times, %v", n, err)
	}
}

// A row that somebody has changed is found, and written anew.
func TestDerive(t *testing.T) {
	db := open(t, store.Options{Consumers: everybody})
	mustBegin(t, db, "ann", "vs_ann")
	mustBegin(t, db, "bob", "vs_bob")
	hear(t, db, "vs_ann", verified(1))
	for _, change := range []string{"verified = 0", "verdicts = 7", "attempts = 1", "revoked = 1", "word = 'reject'", "newest = 0", "open = 1", "numbered = 0"} {
		if err := db.Exec(t.Context(), "UPDATE people SET "+change+" WHERE user_id = 'ann'"); err != nil {
			t.Fatal(err)
		}
		if list, err := db.Underived(t.Context()); err != nil || len(list) != 1 || list[0] != "ann" {
			t.Errorf("%s must be found, got %q, %v", change, list, err)
		}
		if err := db.Derive(t.Context(), "ann"); err != nil {
			t.Fatal(err)
		}
		mustBeDerived(t, db)
	}
}

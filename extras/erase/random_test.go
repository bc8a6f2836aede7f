package erase_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"example.com/identity-starter/extras/erase"
	"example.com/identity-starter/gateway"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/tests"
)

const erased = "anna-who-is-erased"

// life is what can happen to a few people of whom one is to be forgotten: clicks, answers that come late or never, events in
// any order, accounts, decisions, and the eraser's turns.
type life struct {
	outcomes.Parts
	t       *testing.T
	rng     *rand.Rand
	sim     *stripesim.Sim
	now     time.Time
	flight  []flight
	address string // of the database
}

// flight is Stripe's answer to a create, on its way.
type flight struct {
	v       store.Verification
	session gateway.Session
}

func newLife(t *testing.T, seed uint64) *life {
	sim, err := stripesim.Start(stripesim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	l := &life{t: t, rng: rand.New(rand.NewPCG(seed, 1)), sim: sim, now: time.Now()}
	l.address = tests.Database(t)
	l.DB = open(t, l.address, store.Options{Now: func() time.Time { return l.now },
		Consumers: []store.Consumer{{Name: "team", Decision: store.Redact, Wants: func(o store.Outcome) bool { return !o.Internal() }}}})
	l.Stripe = gateway.New(gateway.Options{SecretKey: "sk_test_simulator", ClientID: "ca_simulator", ReturnURL: "http://localhost/back", APIBase: sim.URL(), ConnectBase: sim.ConnectURL()})
	l.Log = slog.New(slog.DiscardHandler)
	l.Record = outcomes.NewRecorder(l.DB, false, nil, l.Log)
	return l
}

func (l *life) must(err error, or ...error) {
	l.t.Helper()
	if err != nil && !slices.ContainsFunc(or, func(allowed error) bool { return errors.Is(err, allowed) }) {
		l.t.Fatalf("nothing that can happen may be an error, got %v", err)
	}
}

func (l *life) user() string { return []string{erased, "bert", "cleo"}[l.rng.IntN(3)] }

// session is one of those that Stripe has; "": it has none.
func (l *life) session() string {
	all := l.sim.Sessions()
	if len(all) == 0 {
		return ""
	}
	return all[l.rng.IntN(len(all))].ID
}

func (l *life) click() {
	v, err := l.DB.Begin(l.t.Context(), l.user(), "", store.Made{})
	if err != nil || v.SessionID != "" || !v.New || l.rng.IntN(8) == 0 { // the last: the program ends before it asks
		return
	}
	session, err := l.Stripe.CreateSession(l.t.Context(), gateway.NewSession{IdempotencyKey: v.IdempotencyKey(), Reference: v.ID, UserID: v.UserID})
	if l.must(err); l.rng.IntN(8) > 0 { // else the answer is lost
		l.flight = append(l.flight, flight{v, session})
	}
}

// answer has one of the answers arrive, as the button's handler takes it.
func (l *life) answer() {
	if len(l.flight) == 0 {
		return
	}
	i := l.rng.IntN(len(l.flight))
	f := l.flight[i]
	l.flight = slices.Delete(l.flight, i, i+1)
	_, err := l.Record.Answer(l.t.Context(), f.v, f.session, nil)
	if errors.Is(err, store.ErrNotOurs) {
		_, err = l.Stripe.Redact(l.t.Context(), f.session.ID)
	}
	l.must(err, gateway.ErrRejected, gateway.ErrMissing, gateway.ErrNotRedactable)
}

func (l *life) finish() {
	outcome := []string{"verified", "document_expired", "abandoned", stripesim.OutcomeProcessing}[l.rng.IntN(4)]
	_ = l.sim.Finish(l.session(), outcome) // where it cannot, nothing happens
}

// hear brings some of the events so far, which may have come before.
func (l *life) hear(all bool) {
	l.idle()
	for e, err := range l.Stripe.Events(l.t.Context(), time.Now().Add(-time.Hour)) {
		if l.must(err); all || l.rng.IntN(3) == 0 {
			_, err = l.Record.Event(l.t.Context(), e)
			l.must(err)
		}
	}
}

func (l *life) idle() {
	ctx, cancel := context.WithTimeout(l.t.Context(), 10*time.Second)
	defer cancel()
	l.must(l.sim.Idle(ctx))
}

func (l *life) connect() {
	connection, err := l.Stripe.Exchange(l.t.Context(), l.sim.IssueCode(stripesim.Code{Account: []string{stripesim.AccountA, stripesim.AccountB}[l.rng.IntN(2)]}))
	l.must(err)
	l.must(l.DB.Connect(l.t.Context(), "", store.Account{ID: connection.AccountID, UserID: l.user(), Scope: connection.Scope, ConnectedAt: connection.At}, ""),
		store.ErrAccountTaken)
}

// decide has a reviewer decide, who may be the one to be erased.
func (l *life) decide() {
	d := store.Decision{UserID: l.user(), Reviewer: l.user(), Reason: "said of " + erased,
		Decision: []string{store.Approve, store.Reject, store.OneMore, store.Redact}[l.rng.IntN(4)]}
	if d.UserID != erased {
		d.Reason = "said of somebody else"
	}
	u, err := l.DB.User(l.t.Context(), d.UserID)
	l.must(err)
	d.Seen = u.Seen()
	l.must(l.DB.Decide(l.t.Context(), d), store.ErrNotPossible, store.ErrAlreadyDecided)
}

func (l *life) wish() {
	l.must(erase.Want(l.t.Context(), l.DB, erased, l.DB.Now(), erase.Everything, true))
}

// turn is the running program's. Nobody else is any different after it.
func (l *life) turn() {
	before := l.others()
	l.must(erase.Turn(l.t.Context(), l.Parts))
	if after := l.others(); after != before {
		l.t.Errorf("others must stay as they are: %s became %s", before, after)
	}
}

func (l *life) others() string {
	list, err := store.List(l.t.Context(), l.DB, func(row store.Row) (string, error) {
		var user, status string
		var verified, attempts, extra int
		err := row.Scan(&user, &verified, &attempts, &extra, &status)
		return fmt.Sprint(user, verified, attempts, extra, status), err
	}, `SELECT user_id, verified, attempts, extra_attempts, (SELECT count(*) || '/' || coalesce(max(reason), '') FROM decisions d WHERE d.user_id = u.user_id)
		FROM users u WHERE user_id IN ('bert', 'cleo') ORDER BY user_id`)
	l.must(err)
	return fmt.Sprint(list)
}

// named lists where the database has the user's id, in whichever table.
func (l *life) named() []string { return tests.Places(l.t, l.address, erased) }

// Whatever happens before, during and after the wish to forget somebody, in the end nothing names them, here or at Stripe,
// and where everybody stands is what the tables say.
func TestForgottenWheneverItIs(t *testing.T) {
	t.Parallel()
	for range tests.Share(12) {
		seed := rand.Uint64()
		l := newLife(t, seed)
		steps := []func(){l.click, l.click, l.click, l.answer, l.answer, l.finish, l.finish, func() { l.hear(false) }, l.connect, l.decide, l.wish,
			l.turn, l.turn, l.turn, func() { l.sim.Lose(l.session()) }}
		for range 70 {
			l.now = l.now.Add(time.Duration(l.rng.IntN(100)) * time.Second)
			steps[l.rng.IntN(len(steps))]()
		}
		l.wish()
		for range 60 {
			if l.now = l.now.Add(2 * time.Hour); len(l.named()) > 0 {
				l.finishAll()
				l.answer()
				l.hear(true)
				l.turn()
			}
		}
		if places := l.named(); len(places) > 0 || count(t, l.DB, "SELECT count(*) FROM forgetting") > 0 {
			t.Errorf("in the end no table may name the user, got %q", places)
		}
		if list, err := l.DB.Underived(t.Context()); err != nil || len(list) > 0 {
			t.Errorf("where users stand must be what the tables say, got %q, %v", list, err)
		}
		for len(l.flight) > 0 {
			l.answer()
		}
		l.idle()
		for _, s := range l.sim.Sessions() {
			if s.UserID == erased {
				t.Errorf("nor may Stripe name the user, got %+v", s)
			}
		}
		if t.Failed() {
			t.Fatalf("with the seed %d", seed)
		}
	}
}

// finishAll ends what is being checked.
func (l *life) finishAll() {
	for _, s := range l.sim.Sessions() {
		if s.Status == "processing" {
			l.must(l.sim.Finish(s.ID, "document_expired"))
		}
	}
}

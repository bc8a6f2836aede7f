package outcomes_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/tests"
)

// An outcome that was learned by asking, and of which no webhook tells within a
// minute, is one warning: an endpoint that receives nothing is easy to overlook.
func TestMissingWebhookIsOneWarning(t *testing.T) {
	for name, c := range map[string]struct {
		status, code string
		event        time.Duration // after the question; 0: none
		secret       int           // 0: Stripe was asked for the event, which is no webhook
		want         int
	}{
		"verified":                  {"verified", "", 0, 0, 1},
		"failed":                    {"requires_input", "document_expired", 0, 0, 1},
		"no outcome yet":            {"processing", "", 0, 0, 0},
		"webhook within the minute": {"verified", "", 50 * time.Second, 1, 0},
		"event listed meanwhile":    {"verified", "", 50 * time.Second, 0, 1},
		"webhook too late":          {"verified", "", 70 * time.Second, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := twoOutcomes(t, gateway.Session{Status: c.status, Failed: c.code != "", ErrorCode: c.code}, c.event, c.secret)
				if got := strings.Count(log, "level=WARN"); got != c.want {
					t.Errorf("want %d warnings, got %d:\n%s", c.want, got, log)
				}
				if c.want > 0 && (!strings.Contains(log, "stripe listen") || !strings.Contains(log, "doctor")) {
					t.Errorf("the warning must say what to do, got\n%s", log)
				}
			})
		})
	}
}

// twoOutcomes has two people's outcomes learned by asking, each followed by its
// event after that time, if it is not 0, and returns the log. Two lost webhooks
// are one cause.
func twoOutcomes(t *testing.T, session gateway.Session, event time.Duration, secret int) string {
	t.Helper()
	d, db := newDiary(), open(t)
	record := outcomes.NewRecorder(db, false, nil, slog.New(slog.NewTextHandler(&locked{d: d}, nil)))
	for _, user := range []string{"ann", "bob"} {
		v, err := db.Begin(t.Context(), user, "", store.Made{})
		if err != nil {
			t.Fatal(err)
		}
		session.ID, session.ReportID, session.At = "vs_"+user, "vr_"+user, time.Now()
		if _, err := record.Answer(t.Context(), v, session, nil); err != nil {
			t.Fatal(err)
		}
		if event > 0 {
			<-time.After(event)
			if _, err := record.Event(t.Context(), gateway.Event{ID: "evt_" + user, Type: gateway.EventVerified,
				ObjectID: session.ID, Session: session, CreatedAt: session.At, Secret: secret}); err != nil {
				t.Fatal(err)
			}
		}
		<-time.After(2 * time.Minute)
	}
	return d.logged()
}

// watched is a simulated Stripe, and a program that hears nothing of it.
type watched struct {
	sim    *stripesim.Sim
	stripe *gateway.Client
	db     *store.DB
	record *outcomes.Recorder
	r      outcomes.Reconciler
}

func watch(t *testing.T, now func() time.Time) *watched {
	t.Helper()
	sim, err := stripesim.Start(stripesim.Config{})
	if err != nil {
		t.Fatalf("start simulator: %v", err)
	}
	t.Cleanup(sim.Close)
	db, err := store.Open(t.Context(), tests.Database(t), store.Options{MaxAttempts: 3, Now: now, Consumers: everybody()})
	if err != nil {
		t.Fatalf("open database: %v", err)
	}
	t.Cleanup(func() { db.Close() })
	stripe := gateway.New(gateway.Options{SecretKey: "sk_test_simulator", APIBase: sim.URL(), ConnectBase: sim.ConnectURL(),
		ReturnURL: "http://localhost:4242/verification/return"})
	log := slog.New(slog.DiscardHandler)
	record := outcomes.NewRecorder(db, false, nil, log)
	parts := outcomes.Parts{DB: db, Stripe: stripe, Record: record, Log: log}
	return &watched{sim, stripe, db, record, outcomes.Reconciler{Parts: parts, Tell: func(string, string, error) {}}}
}

// begin opens a session for a user, as a click does.
func (w *watched) begin(t *testing.T, user string) store.Verification {
	t.Helper()
	v, err := w.db.Begin(t.Context(), user, "", store.Made{})
	if err != nil {
		t.Fatalf("begin: %v", err)
	}
	session, err := w.stripe.CreateSession(t.Context(), gateway.NewSession{IdempotencyKey: v.IdempotencyKey(), Reference: v.ID, UserID: user})
	if err != nil {
		t.Fatalf("create session: %v", err)
	}
	if _, err := w.record.Answer(t.Context(), v, session, nil); err != nil {
		t.Fatalf("record session: %v", err)
	}
	v.SessionID = session.ID
	return v
}

// status is what the program knows of a session.
func (w *watched) status(t *testing.T, v store.Verification) string {
	t.Helper()
	got, err := w.db.Find(t.Context(), v.ID)
	if err != nil {
		t.Fatalf("find: %v", err)
	}
	return strings.TrimSpace(string(got.Status) + " " + got.ErrorCode)
}

// close has the sessions closed that are to be, until that one is.
func (w *watched) close(t *testing.T, v store.Verification) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	consumer := outcomes.CloseSession()
	do := consumer.Do
	consumer.Do = func(ctx context.Context, p outcomes.Parts, a store.Action) error {
		defer stop()
		return do(ctx, p, a)
	}
	outcomes.Work(ctx, w.r.Parts, []outcomes.Consumer{consumer})
	if got := w.status(t, v); got != "canceled" {
		t.Errorf("a session that nobody came to must be closed, got %q", got)
	}
}

// The background finds out what no webhook told, closes what nobody came to, and
// leaves what has moved on in the meantime.
func TestCheckFindsOutAndCloses(t *testing.T) {
	var later time.Duration
	w := watch(t, func() time.Time { return time.Now().Add(later) })
	forgotten, failed, moved := w.begin(t, "forgotten"), w.begin(t, "failed"), w.begin(t, "moved")
	for session, outcome := range map[string]string{failed.SessionID: "document_expired", moved.SessionID: stripesim.OutcomeProcessing} {
		if err := w.sim.Finish(session, outcome); err != nil {
			t.Fatal(err)
		}
	}
	later = 54 * time.Hour
	for range 3 {
		if err := w.r.Check(t.Context()); err != nil {
			t.Fatalf("check: %v", err)
		}
	}
	w.close(t, forgotten)
	for v, want := range map[store.Verification]string{forgotten: "canceled", failed: "requires_input document_expired", moved: "processing"} {
		atStripe, _ := w.sim.Session(v.SessionID)
		if got := w.status(t, v); got != want || !strings.HasPrefix(want, atStripe.Status) {
			t.Errorf("%s must be %q, here and at Stripe, got %q and %q", v.UserID, want, got, atStripe.Status)
		}
	}
}

// A link that was given out while Stripe was asked is not closed under the person who has it.
func TestCheckLeavesWhatWasJustOpened(t *testing.T) {
	var later atomic.Int64
	w := watch(t, func() time.Time { return time.Now().Add(time.Duration(later.Load())) })
	v := w.begin(t, "user")
	later.Store(int64(54 * time.Hour))
	w.sim.AddFault(stripesim.Fault{Path: "/v1/identity/verification_sessions/" + v.SessionID, Method: "GET", Delay: 300 * time.Millisecond, Times: 1})
	before := len(w.sim.Requests())
	checked := make(chan error, 1)
	go func() { checked <- w.r.Check(t.Context()) }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for len(w.sim.Requests()) == before {
		<-tick.C
	}
	if _, err := w.db.Begin(t.Context(), "user", "", store.Made{}); err != nil {
		t.Fatal(err)
	}
	if err := <-checked; err != nil {
		t.Fatal(err)
	}
	if now, err := w.db.Find(t.Context(), v.ID); err != nil || now.Spent {
		t.Errorf("somebody was sent there a moment ago, so it must stay open, got %+v, %v", now, err)
	}
}

// A check that fails gets another turn later.
func TestCheckThatFails(t *testing.T) {
	var later time.Duration
	w := watch(t, func() time.Time { return time.Now().Add(later) })
	v := w.begin(t, "user")
	later = 54 * time.Hour
	w.sim.AddFault(stripesim.Fault{Path: "/v1/identity", Status: 400, Times: -1})
	if err := w.r.Check(t.Context()); !errors.Is(err, gateway.ErrRejected) || !strings.Contains(err.Error(), v.SessionID+", repeated in 50 min") {
		t.Fatalf("a failure must be reported, with the session and when it is its turn again, got %v", err)
	}
	w.sim.ClearFaults()
	later += 2 * time.Hour
	if err := w.r.Check(t.Context()); err != nil {
		t.Errorf("the next turn must find out, got %v", err)
	}
	w.close(t, v)
}

// The background asks one question a second at most, whatever has piled up.
func TestWatchIsSlow(t *testing.T) {
	t.Parallel() // beside others that wait
	var later time.Duration
	w := watch(t, func() time.Time { return time.Now().Add(later) })
	for _, user := range []string{"ann", "bob", "cid", "dan"} {
		w.begin(t, user)
	}
	later = 54 * time.Hour
	before := len(w.sim.Requests())
	ctx, stop := context.WithCancel(t.Context())
	ended, began := make(chan struct{}), time.Now()
	go func() { outcomes.Watch(ctx, w.r.Parts); close(ended) }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	asked := func() (n int) {
		for _, r := range w.sim.Requests()[before:] {
			if r.Method == "GET" && r.Path != "/v1/events" && !r.Form.Has("created[gte]") { // not a list
				n++
			}
		}
		return n
	}
	for asked() < 3 && time.Since(began) < 30*time.Second {
		<-tick.C
	}
	if took := time.Since(began); took < 1900*time.Millisecond || asked() < 3 {
		t.Errorf("the third question must be two seconds after the first, got %v", took)
	}
	stop()
	<-ended
}

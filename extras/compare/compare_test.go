package compare_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/extras/compare"
	"example.com/identity-starter/gateway"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/tests"
)

// compared is a simulated Stripe and a program that compares, and hears nothing of it.
type compared struct {
	sim      *stripesim.Sim
	parts    outcomes.Parts
	r        outcomes.Reconciler
	consumer outcomes.Consumer
	later    time.Duration
}

// made is the extra of a team that expects something.
func made(expect extras.Expect) extras.Extra {
	return compare.New(extras.Program{Settings: settings.New(func(string) string { return "" }), Expect: expect})
}

func compareWith(t *testing.T, expect extras.Expect) *compared {
	t.Helper()
	sim, err := stripesim.Start(stripesim.Config{})
	if err != nil {
		t.Fatalf("start simulator: %v", err)
	}
	t.Cleanup(sim.Close)
	c := &compared{sim: sim}
	now := func() time.Time { return time.Now().Add(c.later) }
	e := made(expect)
	if !e.Gate || len(e.Consumers) != 1 {
		t.Fatalf("who expects something must be asked at the gate, got %+v", e)
	}
	c.consumer = e.Consumers[0]
	team := outcomes.Team(func(context.Context, *slog.Logger, outcomes.Outcome) error { return nil })
	db, err := store.Open(t.Context(), tests.Database(t), store.Options{MaxAttempts: 3, Gate: e.Gate, Now: now,
		Consumers: outcomes.Wanting([]outcomes.Consumer{outcomes.CloseSession(), team, c.consumer})})
	if err != nil {
		t.Fatalf("open database: %v", err)
	}
	t.Cleanup(func() { db.Close() })
	log := slog.New(slog.DiscardHandler)
	c.parts = outcomes.Parts{DB: db, Log: log, Record: outcomes.NewRecorder(db, false, nil, log),
		Stripe: gateway.New(gateway.Options{SecretKey: "sk_test_simulator", APIBase: sim.URL(), ConnectBase: sim.ConnectURL(),
			ReturnURL: "http://localhost:4242/verification/return"})}
	c.r = outcomes.Reconciler{Parts: c.parts, Tell: func(string, string, error) {}}
	return c
}

// begin opens a session for a user, as a click does.
func (c *compared) begin(t *testing.T, user string) store.Verification {
	t.Helper()
	v, err := c.parts.DB.Begin(t.Context(), user, "", store.Made{})
	if err != nil {
		t.Fatalf("begin: %v", err)
	}
	session, err := c.parts.Stripe.CreateSession(t.Context(), gateway.NewSession{IdempotencyKey: v.IdempotencyKey(), Reference: v.ID, UserID: user})
	if err != nil {
		t.Fatalf("create session: %v", err)
	}
	if _, err := c.parts.Record.Answer(t.Context(), v, session, nil); err != nil {
		t.Fatalf("record session: %v", err)
	}
	v.SessionID = session.ID
	return v
}

// learn has Stripe come to an outcome and asks about it.
func (c *compared) learn(t *testing.T, v store.Verification, outcome string) {
	t.Helper()
	if err := c.sim.Finish(v.SessionID, outcome); err != nil {
		t.Fatal(err)
	}
	if _, err := c.r.One(t.Context(), v); err != nil {
		t.Fatalf("retrieve: %v", err)
	}
}

// compare does the next comparison, which must be due, and says how it went.
func (c *compared) compare(t *testing.T) error {
	t.Helper()
	db := c.parts.DB
	list, err := db.Claim(t.Context(), c.consumer.Name, 1)
	if err != nil || len(list) == 0 {
		t.Fatalf("a verified session must be compared: %v, %v", list, err)
	}
	a := list[0]
	if err = c.consumer.Do(t.Context(), c.parts, a); err == nil {
		return db.Done(t.Context(), a)
	}
	if a.LastTry() { // as outcomes.Work has it
		if e := c.consumer.GivenUp(t.Context(), c.parts, a); e != nil {
			t.Fatal(e)
		}
	}
	if e := db.Postpone(t.Context(), a, a.Wait()); e != nil {
		t.Fatal(e)
	}
	return err
}

// told are the outcomes that the team's function would get.
func (c *compared) told(t *testing.T) string {
	t.Helper()
	var list []string
	for {
		claimed, err := c.parts.DB.Claim(t.Context(), "team", 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(claimed) == 0 {
			return strings.Join(list, " ")
		}
		list = append(list, claimed[0].What)
		if err := c.parts.DB.Done(t.Context(), claimed...); err != nil {
			t.Fatal(err)
		}
	}
}

func (c *compared) user(t *testing.T, id string) store.User {
	t.Helper()
	u, err := c.parts.DB.User(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func testPerson(_ context.Context, _ string, o gateway.Outputs) (bool, string, error) {
	return o.FirstName == "Test" && o.LastName == "Person", "another name", nil
}

// A verified session counts once it has been compared, and the team is told then.
func TestOutputsAsExpected(t *testing.T) {
	c := compareWith(t, testPerson)
	c.learn(t, c.begin(t, "ann"), stripesim.OutcomeVerified)
	if u := c.user(t, "ann"); u.Verified || !u.AtGate {
		t.Errorf("before it has been compared, a session verifies nobody, got %+v", u)
	}
	if _, err := c.parts.DB.Begin(t.Context(), "ann", "", store.Made{}); !errors.Is(err, store.ErrProcessing) {
		t.Errorf("while it is being compared there is nothing to start, got %v", err)
	}
	if got := c.told(t); got != "" {
		t.Errorf("before it has been compared, the team must not act on it, got %s", got)
	}
	if err := c.compare(t); err != nil {
		t.Fatal(err)
	}
	if u := c.user(t, "ann"); !u.Verified || u.AtGate || u.InReview {
		t.Errorf("the expected name must verify the user, got %+v", u)
	}
	if got := c.told(t); got != store.OutcomeVerified {
		t.Errorf("the team must be told once, got %q", got)
	}
}

// Another name than expected needs a person, and no link to Stripe.
func TestOutputsDiffer(t *testing.T) {
	c := compareWith(t, testPerson)
	c.learn(t, c.begin(t, "ann"), stripesim.OutcomeVerifiedOtherName)
	if err := c.compare(t); err != nil {
		t.Fatal(err)
	}
	if u := c.user(t, "ann"); u.Verified || !u.InReview {
		t.Errorf("another name must need a review, got %+v", u)
	}
	if _, err := c.parts.DB.Begin(t.Context(), "ann", "", store.Made{}); !errors.Is(err, store.ErrInReview) {
		t.Errorf("who waits for a reviewer has nothing to start, got %v", err)
	}
	if got := c.told(t); got != store.OutcomeInReview {
		t.Errorf("the team must be told of the review only, got %q", got)
	}
	for _, r := range c.sim.Requests() {
		if strings.Contains(r.Form.Encode(), "dob") {
			t.Error("the date of birth is for restricted keys: asking for it with others fails")
		}
	}
}

// What cannot be compared for a day is looked at by a person; an error until then is repeated.
func TestOutputsCannotBeCompared(t *testing.T) {
	c := compareWith(t, func(context.Context, string, gateway.Outputs) (bool, string, error) {
		return true, "", errors.New("the team's records cannot be read")
	})
	c.learn(t, c.begin(t, "ann"), stripesim.OutcomeVerified)
	if err := c.compare(t); err == nil || c.user(t, "ann").Verified {
		t.Errorf("an error must not verify anybody, got %v", err)
	}
	c.later = 72 * time.Hour // the program was down for a weekend
	if err := c.compare(t); err == nil || c.user(t, "ann").InReview {
		t.Errorf("one more failure after a weekend must not send anybody to review, got %v, %+v", err, c.user(t, "ann"))
	}
	for range 26 { // an hour apart: a day
		c.later += 2 * time.Hour
		if err := c.compare(t); err == nil {
			t.Fatal("an error must stay one")
		}
	}
	if !c.user(t, "ann").InReview {
		t.Errorf("after a day of failures a person must look, got %+v", c.user(t, "ann"))
	}
}

// Nothing is left to compare after a redaction: that is for a person to decide.
func TestOutputsRedacted(t *testing.T) {
	c := compareWith(t, func(context.Context, string, gateway.Outputs) (bool, string, error) {
		t.Error("the team must not be asked about what is no more")
		return true, "", nil
	})
	v := c.begin(t, "ann")
	c.learn(t, v, stripesim.OutcomeVerified)
	request, err := http.NewRequestWithContext(t.Context(), "POST", c.sim.URL()+"/v1/identity/verification_sessions/"+v.SessionID+"/redact", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth("sk_test_simulator", "")
	answer, err := http.DefaultClient.Do(request)
	if err != nil || answer.StatusCode != 200 {
		t.Fatalf("redact: %v, %+v", err, answer)
	}
	_ = answer.Body.Close()
	if err := c.sim.Idle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.compare(t); err != nil || !c.user(t, "ann").InReview {
		t.Errorf("a redacted session must need a review, got %v", err)
	}
}

// A file that is rebuilt from Stripe is compared anew, but tells the team nothing.
func TestRebuiltIsCompared(t *testing.T) {
	c := compareWith(t, testPerson)
	c.learn(t, c.begin(t, "ann"), stripesim.OutcomeVerifiedOtherName)
	rebuilt := compareWith(t, testPerson)
	rebuilt.parts.Stripe, rebuilt.r.Stripe = c.parts.Stripe, c.parts.Stripe
	if err := rebuilt.r.TakeTag(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if _, err := rebuilt.r.All(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if err := rebuilt.compare(t); err != nil {
		t.Fatal(err)
	}
	if u := rebuilt.user(t, "ann"); u.Verified || !u.InReview || rebuilt.told(t) != "" {
		t.Errorf("who needed a review must need it in a rebuilt file, without the team being told, got %+v", u)
	}
}

package outcomes_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
)

// compared is a simulated Stripe and a program that compares.
type compared struct {
	*watched
	later time.Duration
}

func compareWith(t *testing.T) *compared {
	t.Helper()
	c := &compared{}
	c.watched = watch(t, func() time.Time { return time.Now().Add(c.later) })
	db, err := store.Open(t.Context(), t.TempDir()+"/starter.db", store.Options{MaxAttempts: 3, Compare: true, Now: c.r.Now})
	if err != nil {
		t.Fatalf("open database: %v", err)
	}
	t.Cleanup(func() { db.Close() })
	c.db, c.record = db, outcomes.NewRecorder(db, false, slog.New(slog.DiscardHandler))
	c.r.DB, c.r.Record = db, c.record
	return c
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
func (c *compared) compare(t *testing.T, expected func(context.Context, string, gateway.Outputs) (bool, string, error)) error {
	t.Helper()
	a, ok, err := c.db.Claim(t.Context(), store.ActionCompare)
	if err != nil || !ok {
		t.Fatalf("a verified session must be compared: %v, %v", ok, err)
	}
	if err = outcomes.Compare(c.db, c.stripe, expected)(t.Context(), a); err == nil {
		return c.db.Done(t.Context(), a)
	}
	if _, e := c.db.Postpone(t.Context(), a); e != nil {
		t.Fatal(e)
	}
	return err
}

// told are the outcomes that the team's function would get.
func (c *compared) told(t *testing.T) string {
	t.Helper()
	var list []string
	for {
		a, ok, err := c.db.Claim(t.Context(), store.ActionTeam)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return strings.Join(list, " ")
		}
		list = append(list, a.Outcome)
		if err := c.db.Done(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
}

func (c *compared) user(t *testing.T, id string) store.User {
	t.Helper()
	u, err := c.db.User(t.Context(), id)
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
	c := compareWith(t)
	c.learn(t, c.begin(t, "ann"), stripesim.OutcomeVerified)
	if u := c.user(t, "ann"); u.Verified || !u.Comparing {
		t.Errorf("before it has been compared, a session verifies nobody, got %+v", u)
	}
	if _, err := c.db.Begin(t.Context(), "ann"); !errors.Is(err, store.ErrProcessing) {
		t.Errorf("while it is being compared there is nothing to start, got %v", err)
	}
	if got := c.told(t); got != "" {
		t.Errorf("before it has been compared, the team must not act on it, got %s", got)
	}
	if err := c.compare(t, testPerson); err != nil {
		t.Fatal(err)
	}
	if u := c.user(t, "ann"); !u.Verified || u.Comparing || u.InReview {
		t.Errorf("the expected name must verify the user, got %+v", u)
	}
	if got := c.told(t); got != store.OutcomeVerified {
		t.Errorf("the team must be told once, got %q", got)
	}
}

// Another name than expected needs a person, and no link to Stripe.
func TestOutputsDiffer(t *testing.T) {
	c := compareWith(t)
	c.learn(t, c.begin(t, "ann"), stripesim.OutcomeVerifiedOtherName)
	if err := c.compare(t, testPerson); err != nil {
		t.Fatal(err)
	}
	if u := c.user(t, "ann"); u.Verified || !u.InReview {
		t.Errorf("another name must need a review, got %+v", u)
	}
	if _, err := c.db.Begin(t.Context(), "ann"); !errors.Is(err, store.ErrInReview) {
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
	c := compareWith(t)
	c.learn(t, c.begin(t, "ann"), stripesim.OutcomeVerified)
	broken := func(context.Context, string, gateway.Outputs) (bool, string, error) {
		return true, "", errors.New("the team's records cannot be read")
	}
	if err := c.compare(t, broken); err == nil || c.user(t, "ann").Verified {
		t.Errorf("an error must not verify anybody, got %v", err)
	}
	c.later = 72 * time.Hour // the program was down for a weekend
	if err := c.compare(t, broken); err == nil || c.user(t, "ann").InReview {
		t.Errorf("one more failure after a weekend must not send anybody to review, got %v, %+v", err, c.user(t, "ann"))
	}
	for range 26 { // an hour apart: a day
		c.later += 2 * time.Hour
		if err := c.compare(t, broken); err == nil {
			t.Fatal("an error must stay one")
		}
	}
	if !c.user(t, "ann").InReview {
		t.Errorf("after a day of failures a person must look, got %+v", c.user(t, "ann"))
	}
}

// Nothing is left to compare after a redaction: that is for a person to decide.
func TestOutputsRedacted(t *testing.T) {
	c := compareWith(t)
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
	asked := func(context.Context, string, gateway.Outputs) (bool, string, error) {
		t.Error("the team must not be asked about what is no more")
		return true, "", nil
	}
	if err := c.compare(t, asked); err != nil || !c.user(t, "ann").InReview {
		t.Errorf("a redacted session must need a review, got %v", err)
	}
}

// A file that is rebuilt from Stripe is compared anew, but tells the team nothing.
func TestRebuiltIsCompared(t *testing.T) {
	c := compareWith(t)
	c.learn(t, c.begin(t, "ann"), stripesim.OutcomeVerifiedOtherName)
	rebuilt := compareWith(t)
	rebuilt.r.Stripe, rebuilt.stripe = c.stripe, c.stripe
	if _, _, err := rebuilt.r.All(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := rebuilt.compare(t, testPerson); err != nil {
		t.Fatal(err)
	}
	if u := rebuilt.user(t, "ann"); u.Verified || !u.InReview || rebuilt.told(t) != "" {
		t.Errorf("who needed a review must need it in a rebuilt file, without the team being told, got %+v", u)
	}
}

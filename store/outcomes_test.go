package store_test

import (
	"fmt"
	"slices"
	"testing"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// wants is a consumer of some outcomes.
func wants(name string, what ...string) store.Consumer {
	return store.Consumer{Name: name, Wants: func(o store.Outcome) bool { return slices.Contains(what, o.What) }}
}

// Who wants an outcome gets a row for it, whoever else does, and once: a repeat of the
// news gives none. Who wants nothing gets none.
func TestOneRowForEachWhoWantsIt(t *testing.T) {
	s := newShared(t)
	db := openAt(t, s.path, store.Options{Consumers: []store.Consumer{wants("nothing"), wants("first", "failed", "verified"), wants("second", "failed")}})
	mustBegin(t, db, "ann", "vs_1")
	for range 2 {
		n := failure("a", 1)
		n.SessionID, n.ReportID = "vs_1", "vr_1"
		if _, err := db.RecordSession(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			if _, err := db.RecordEvent(t.Context(), store.Event{ID: fmt.Sprint("evt_", i), Type: "t", CreatedAt: n.At, Session: &n}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got, want := s.keys(), []string{"first:failed:vr_1", "second:failed:vr_1"}; !slices.Equal(got, want) {
		t.Errorf("each who wants it must have one row: want %q, got %q", want, got)
	}
	hear(t, db, "vs_1", verified(2))
	claim(t, db, "first", "ann failed a")
	claim(t, db, "second", "ann failed a")
	claimNone(t, db, "second")
	claimNone(t, db, "nothing")
}

// Whoever decides whether he wants it knows where the user stands, and whether the
// failure has used up an attempt.
func TestWhatIsKnownOfAnOutcome(t *testing.T) {
	var seen []string
	db := open(t, store.Options{Consumers: []store.Consumer{{Name: "curious", Wants: func(o store.Outcome) bool {
		seen = append(seen, fmt.Sprint(o.What, " ", o.Code, " counted ", o.Counted, ", left ", o.User.AttemptsLeft, ", verified ", o.User.Verified))
		return false
	}}}})
	mustBegin(t, db, "ann", "vs_1")
	hear(t, db, "vs_1", failure("abandoned", 1))
	hear(t, db, "vs_1", failure("document_expired", 2))
	hear(t, db, "vs_1", verified(3))
	want := []string{"failed abandoned counted false, left 3, verified false", "failed document_expired counted true, left 2, verified false",
		"verified  counted false, left 2, verified true"}
	if !slices.Equal(seen, want) {
		t.Errorf("want\n%q, got\n%q", want, seen)
	}
}

// What waits for a consumer that was taken out stays, and can be seen.
func TestRowsOfAConsumerThatIsGone(t *testing.T) {
	s := newShared(t)
	db := openAt(t, s.path, store.Options{Consumers: append(slices.Clone(everybody), wants("gone", "failed"))})
	mustBegin(t, db, "ann", "vs_1")
	hear(t, db, "vs_1", failure("a", 1))
	hear(t, db, "vs_1", failure("b", 2))
	done(t, db, claim(t, db, "gone", "ann failed a"))
	db = openAt(t, s.path, store.Options{Consumers: everybody})
	hear(t, db, "vs_1", failure("c", 3))
	done(t, db, claim(t, db, "team", "ann failed a"))
	found, err := store.Inspect(t.Context(), s.path, false, nil)
	if err != nil || found.Waiting["gone"] != 1 || found.Waiting["team"] != 3 || found.Waiting["cancel"] != 1 {
		t.Errorf("what waits must be counted for each consumer, gone or not, got %+v, %v", found.Waiting, err)
	}
	db = openAt(t, s.path, store.Options{Consumers: append(slices.Clone(everybody), wants("gone", "failed"))})
	claim(t, db, "gone", "ann failed b") // it is back
}

// A verified session that the gate has not let pass verifies nobody; one that it holds
// back waits for a person. What it says twice, or too late, changes nothing.
func TestGate(t *testing.T) {
	for name, c := range map[string]struct {
		pass  bool
		stand string
		keys  []string
	}{
		"passes":       {true, "verified true, in review false, at gate false", []string{"gate:vs_1", "team:verified:vs_1"}},
		"is held back": {false, "verified false, in review true, at gate false", []string{"gate:vs_1", "team:in_review:vs_1"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShared(t)
			db := openAt(t, s.path, store.Options{Gate: true, Consumers: append(slices.Clone(everybody), wants("gate", store.OutcomeAtGate))})
			mustBegin(t, db, "ann", "vs_1")
			for range 2 {
				hear(t, db, "vs_1", verified(1))
			}
			stands := func() string {
				u, err := db.User(t.Context(), "ann")
				if err != nil {
					t.Fatal(err)
				}
				return fmt.Sprintf("verified %v, in review %v, at gate %v", u.Verified, u.InReview, u.AtGate)
			}
			if got := stands(); got != "verified false, in review false, at gate true" {
				t.Errorf("before the gate has said anything nobody is verified, got %s", got)
			}
			a := claim(t, db, "gate", "ann at_gate verified")
			for i := range 2 {
				if err := db.OpenGate(t.Context(), a, c.pass != (i == 1), "a note"); err != nil {
					t.Fatal(err)
				}
			}
			if got := stands(); got != c.stand {
				t.Errorf("the first word counts: want %s, got %s", c.stand, got)
			}
			if got := s.keys(); !slices.Equal(got, c.keys) {
				t.Errorf("want %q, got %q", c.keys, got)
			}
			gate := map[bool]string{true: "passed", false: "held"}[c.pass]
			if got := lines(t, s.path, "SELECT gate, gate_note FROM verifications"); got[gate] != "a note" {
				t.Errorf("the gate and why must be in the file, got %v", got)
			}
		})
	}
}

// Whoever waits at a gate that is taken out would wait for ever: a person has to look.
func TestGateThatIsTakenOut(t *testing.T) {
	s := newShared(t)
	db := openAt(t, s.path, store.Options{Gate: true, Consumers: append(slices.Clone(everybody), wants("gate", store.OutcomeAtGate))})
	mustBegin(t, db, "ann", "vs_1")
	hear(t, db, "vs_1", verified(1))
	for range 2 { // it is closed once
		db = openAt(t, s.path, store.Options{Consumers: everybody})
	}
	if u, err := db.User(t.Context(), "ann"); err != nil || u.Verified || !u.InReview || u.AtGate {
		t.Errorf("she must be in review, got %+v, %v", u, err)
	}
	if got := s.keys(); !slices.Equal(got, []string{"gate:vs_1", "team:in_review:vs_1"}) {
		t.Errorf("the team must hear of it once, got %q", got)
	}
	found, err := store.Inspect(t.Context(), s.path, false, nil)
	if err != nil || found.Waiting["gate"] != 1 {
		t.Errorf("the doctor must find what is left to do, got %+v, %v", found, err)
	}
}

// Whoever decides what to do after a decision knows where the user stands with it.
func TestUserOfADecision(t *testing.T) {
	var stood []string
	note := store.Consumer{Name: "note", Wants: func(o store.Outcome) bool {
		stood = append(stood, fmt.Sprintf("%s %v %v", o.What, o.User.Verified, o.User.Rejected))
		return false
	}}
	db := openAt(t, newShared(t).path, store.Options{Consumers: []store.Consumer{note}})
	mustBegin(t, db, "ann", "vs_1")
	hear(t, db, "vs_1", verified(1))
	for _, decision := range []string{store.Reject, store.Approve, store.Withdraw} {
		tests.Decide(t, db, store.Decision{UserID: "ann", Decision: decision, Reviewer: "rita", Reason: "a reason"})
	}
	if want := []string{"verified true false", "revoked false true", "approved true false", "withdrawn false true"}; !slices.Equal(stood, want) {
		t.Errorf("want %q, got %q", want, stood)
	}
}

// An event of a type that the team handles is applied, once, and those about one
// object come in order.
func TestOwnEvents(t *testing.T) {
	s := newShared(t)
	db := openAt(t, s.path, store.Options{Consumers: append(slices.Clone(everybody), wants("event", store.OutcomeOwnEvent))})
	record := func(id, object string, want store.Result) {
		t.Helper()
		e := store.Event{ID: id, Type: "payout.paid", Account: "acct_1", ObjectID: object, CreatedAt: at(5), Own: true}
		if got, err := db.RecordEvent(t.Context(), e); err != nil || got != want {
			t.Errorf("%s must be %s, got %s, %v", id, want, got, err)
		}
	}
	record("evt_1", "po_1", store.Applied)
	record("evt_1", "po_1", store.Duplicate)
	record("evt_2", "po_1", store.Applied)
	record("evt_3", "po_2", store.Applied)
	if got, want := s.keys(), []string{"event:evt_1", "event:evt_2", "event:evt_3"}; !slices.Equal(got, want) {
		t.Errorf("want %q, got %q", want, got)
	}
	first := claim(t, db, "event", "po_1 own_event payout.paid")
	claim(t, db, "event", "po_2 own_event payout.paid")
	claimNone(t, db, "event") // the second one about po_1 waits
	done(t, db, first)
	claim(t, db, "event", "po_1 own_event payout.paid")
	e, err := db.Event(t.Context(), "evt_1")
	if err != nil || e.Type != "payout.paid" || e.Account != "acct_1" || e.ObjectID != "po_1" || !e.CreatedAt.Equal(at(5)) || e.Livemode {
		t.Errorf("what was recorded of it must be found, got %+v, %v", e, err)
	}
}

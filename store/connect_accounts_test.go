package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

func connect(t *testing.T, db *store.DB, user string, second int64) store.Account {
	t.Helper()
	if err := db.SaveAccount(t.Context(), store.Account{ID: "acct_1", UserID: user, ConnectedAt: at(second)}, ""); err != nil {
		t.Fatal(err)
	}
	return connected(t, db, user, "acct_1")
}

// connected reads a connection that must be there.
func connected(t *testing.T, db *store.DB, user, id string) store.Account {
	t.Helper()
	a, err := db.AccountOf(t.Context(), user, id)
	if err != nil || a.ID != id || a.Ended {
		t.Fatalf("%s must be connected to %s, got %+v %v", user, id, a, err)
	}
	return a
}

func disconnect(t *testing.T, db *store.DB, user, id string) {
	t.Helper()
	if err := db.EndConnection(t.Context(), connected(t, db, user, id)); err != nil {
		t.Fatal(err)
	}
}

func deauthorized(t *testing.T, db *store.DB, id string, second int64) store.Result {
	t.Helper()
	result, err := db.RecordEvent(t.Context(), store.Event{ID: id, Type: "t", Account: "acct_1", CreatedAt: at(second), Deauthorized: true})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// States and accounts go to one of many who want them.
func TestOneOfManyConnections(t *testing.T) {
	both := twoProcesses(t)
	var states, accounts tally
	state, err := both[0].NewState(t.Context(), "user")
	if err != nil {
		t.Fatal(err)
	}
	atOnce(32, func(i int) {
		taken, err := both[i%2].TakeState(t.Context(), "user", state, "code")
		states.add(taken && err == nil)
		err = both[i%2].SaveAccount(t.Context(), store.Account{ID: "acct_1", UserID: fmt.Sprint("user", i), ConnectedAt: at(1)}, "")
		if err != nil && !errors.Is(err, store.ErrAccountTaken) {
			t.Errorf("save account: %v", err)
		}
		accounts.add(err == nil)
	})
	one := map[string]int{"true": 1, "false": 31}
	states.must(t, "one of many callbacks takes the state", one)
	accounts.must(t, "one of many users gets the account", one)
}

// What became of a state is told to its own user, for the same code, in every process, and to nobody else.
func TestWhatBecameOfAState(t *testing.T) {
	both := twoProcesses(t)
	state, err := both[0].NewState(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	must := func(process int, user, code string, want store.Attempt, wantErr error) {
		t.Helper()
		got, err := both[process].AttemptOf(t.Context(), user, state, code)
		if got.Outcome != want.Outcome || !errors.Is(err, wantErr) {
			t.Errorf("%s with %s must hear %q %v, got %q %v", user, code, want.Outcome, wantErr, got.Outcome, err)
		}
	}
	must(0, "ann", "code", store.Attempt{}, store.ErrInvalidState)
	for _, other := range []string{"bob", ""} {
		if taken, err := both[1].TakeState(t.Context(), other, state, "code"); taken || err != nil {
			t.Errorf("nobody but its own user must take a state, got %v %v", taken, err)
		}
	}
	if taken, err := both[0].TakeState(t.Context(), "ann", state, "code"); !taken || err != nil {
		t.Fatalf("the visit of others must not use a state up, got %v %v", taken, err)
	}
	must(1, "ann", "code", store.Attempt{}, nil)
	if err := both[0].EndAttempt(t.Context(), "ann", state, "code_rejected"); err != nil {
		t.Fatal(err)
	}
	must(1, "ann", "code", store.Attempt{Outcome: "code_rejected"}, nil)
	must(1, "ann", "other", store.Attempt{}, store.ErrInvalidState)
	must(1, "bob", "code", store.Attempt{}, store.ErrInvalidState)
	must(1, "", "code", store.Attempt{}, store.ErrInvalidState)
}

// A user who is forgotten between the exchange and its record leaves no connection behind that nobody would end.
func TestForgottenWhileConnecting(t *testing.T) {
	db := twoProcesses(t)[0]
	state, err := db.NewState(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	if taken, err := db.TakeState(t.Context(), "ann", state, "code"); !taken || err != nil {
		t.Fatal(taken, err)
	}
	if err := inTxOf(t, db, func(tx *store.Tx) error { return db.ReplaceUser(t.Context(), tx, "ann", "forgotten_1") }); err != nil {
		t.Fatal(err)
	}
	a := store.Account{ID: "acct_1", UserID: "ann", ConnectedAt: at(1)}
	if err := db.Connect(t.Context(), state, a, ""); !errors.Is(err, store.ErrForgotten) {
		t.Errorf("an account must not be recorded for a user who was forgotten meanwhile, got %v", err)
	}
	if list, err := db.Accounts(t.Context(), "ann"); err != nil || len(list) != 0 {
		t.Errorf("nothing of it may be left, got %v %v", list, err)
	}
}

// What ends a connection ends the one that was read, not one that began since, also within a second.
func TestLateEndOfAConnection(t *testing.T) {
	for name, second := range map[string]int64{"later": 12, "in the same second": 10} {
		t.Run(name, func(t *testing.T) {
			both := twoProcesses(t)
			read := connect(t, both[0], "ann", 10)
			connect(t, both[1], "ann", second) // in another tab, while Stripe's answer to a disconnect is on its way
			if err := both[0].EndConnection(t.Context(), read); err != nil {
				t.Fatal(err)
			}
			connected(t, both[0], "ann", "acct_1")
			disconnect(t, both[0], "ann", "acct_1")
			connect(t, both[1], "bob", second)
			if err := both[0].EndConnection(t.Context(), read); err != nil {
				t.Fatal(err)
			}
			connected(t, both[0], "bob", "acct_1")
		})
	}
}

// An event of the second in which the account was connected ends that connection, unless it may be of the one before.
func TestDeauthorizedWithinASecond(t *testing.T) {
	db := twoProcesses(t)[0]
	connect(t, db, "ann", 10)
	if got := deauthorized(t, db, "evt_1", 10); got != store.Applied {
		t.Errorf("an event that can be of one connection alone must end it, got %s", got)
	}
	connect(t, db, "ann", 10)
	if got := deauthorized(t, db, "evt_2", 10); got != store.Stale {
		t.Errorf("an event that may be of the connection before must not end this one, got %s", got)
	}
	connected(t, db, "ann", "acct_1")
	if got := deauthorized(t, db, "evt_3", 11); got != store.Applied {
		t.Errorf("a later event must end it, got %s", got)
	}
}

// A test and a live program may share a file: an event of the other's mode, which Stripe sends to both, is left to it.
func TestEventOfTheOtherModeIsLeftToIt(t *testing.T) {
	path := tests.Database(t)
	live, test := openAt(t, path, store.Options{Livemode: true}), openAt(t, path, store.Options{})
	connect(t, test, "ann", 1)
	e := store.Event{ID: "evt_1", Type: "t", Account: "acct_1", CreatedAt: at(2), Deauthorized: true}
	if got, err := live.RecordEvent(t.Context(), e); err != nil || got != store.OtherMode {
		t.Errorf("the live program must leave a test event alone, got %s %v", got, err)
	}
	if n, err := live.Count(t.Context(), "SELECT count(*) FROM events"); err != nil || n != 0 {
		t.Errorf("an event of the other mode must not be recorded, got %d rows %v", n, err)
	}
	if got := deauthorized(t, test, "evt_1", 2); got != store.Applied {
		t.Errorf("the test program must not take it for one that it has received, got %s", got)
	}
}

// Connections are told once each, again when an account is connected again.
func TestActionsOfConnections(t *testing.T) {
	s := newShared(t)
	db := s.process()
	var want []string
	for i, second := range []int64{10, 30, 30} { // twice within a second, too
		connect(t, db, "user", second)
		disconnect(t, db, "user", "acct_1")
		deauthorized(t, db, fmt.Sprint("evt_own_", i), second+5)   // of our own disconnect
		deauthorized(t, db, fmt.Sprint("evt_again_", i), second+6) // the same, told twice
		for _, what := range []string{"connected", "disconnected"} {
			want = append(want, fmt.Sprintf("team:%s:0:acct_1:%d:%d", what, at(second).Unix(), i+1))
		}
	}
	if got := s.keys(); !slices.Equal(got, want) {
		t.Errorf("each connection must begin and end once: want\n%q, got\n%q", want, got)
	}
}

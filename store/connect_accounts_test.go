package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"example.com/identity-starter/store"
)

// States and accounts go to one of many who want them.
func TestOneOfManyConnections(t *testing.T) {
	both := twoProcesses(t)
	var states, accounts tally
	state, err := both[0].NewState(t.Context(), "user")
	if err != nil {
		t.Fatal(err)
	}
	atOnce(32, func(i int) {
		states.add(both[i%2].TakeState(t.Context(), "user", state) == nil)
		err := both[i%2].SaveAccount(t.Context(), store.Account{ID: "acct_1", UserID: fmt.Sprint("user", i), ConnectedAt: at(1)}, "")
		if err != nil && !errors.Is(err, store.ErrAccountTaken) {
			t.Errorf("save account: %v", err)
		}
		accounts.add(err == nil)
	})
	one := map[string]int{"true": 1, "false": 31}
	states.must(t, "one of many callbacks takes the state", one)
	accounts.must(t, "one of many users gets the account", one)
}

// Connections are told once each, again when an account is connected again.
func TestActionsOfConnections(t *testing.T) {
	s := newShared(t)
	db := s.process()
	gone := func(id string, second int64) {
		t.Helper()
		e := store.Event{ID: id, Type: "t", Account: "acct_1", CreatedAt: at(second), Deauthorized: true}
		if _, err := db.RecordEvent(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	for _, second := range []int64{10, 30} {
		if err := db.SaveAccount(t.Context(), store.Account{ID: "acct_1", UserID: "user", ConnectedAt: at(second)}, ""); err != nil {
			t.Fatal(err)
		}
		if err := db.Disconnect(t.Context(), "user", "acct_1"); err != nil {
			t.Fatal(err)
		}
		gone(fmt.Sprint("evt_own_", second), second+5)   // of our own disconnect
		gone(fmt.Sprint("evt_again_", second), second+6) // the same, told twice
	}
	first, second := at(10).Unix(), at(30).Unix()
	want := []string{fmt.Sprintf("team:connected:0:acct_1:%d", first), fmt.Sprintf("team:disconnected:0:acct_1:%d", first),
		fmt.Sprintf("team:connected:0:acct_1:%d", second), fmt.Sprintf("team:disconnected:0:acct_1:%d", second)}
	if got := s.keys(); !slices.Equal(got, want) {
		t.Errorf("each connection must begin and end once: want\n%q, got\n%q", want, got)
	}
}

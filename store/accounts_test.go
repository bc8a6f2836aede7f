package store_test

import (
	"errors"
	"fmt"
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

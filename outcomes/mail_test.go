package outcomes_test

import (
	"testing"

	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
)

// With a live key an anonymous visitor of earlier days gets no mail: not even
// Stripe is asked for an address.
func TestNoLiveMailToAnonymousUsers(t *testing.T) {
	m := outcomes.Mailer{SignedInOnly: true} // has nothing to ask or to send with
	if err := m.Do(t.Context(), store.Action{Kind: store.ActionMail, UserID: "anon_1", ObjectID: "vs_1"}); err != nil {
		t.Errorf("an anonymous user's mail must be left out, got %v", err)
	}
}

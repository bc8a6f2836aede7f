package doctor

import (
	"context"
	"errors"

	"example.com/identity-starter/gateway"
)

// Nobody has these.
const (
	nobodysAccount = "acct_1000000000000000"
	nobodysCode    = "ac_000000000000000000000000"
)

// connections are steps about an account that is not connected.
func (t *trial) connections() []step {
	return []step{
		{"account", "another's account is refused with 403 account_invalid", "a connection that has ended is not seen", func(ctx context.Context) (string, bool) {
			a, err := t.stripe.ConnectedAccount(ctx, nobodysAccount)
			return t.told(gateway.Session{ID: a.ID}, err), errors.Is(err, gateway.ErrRevoked)
		}},
		{"code", "a code that there is not is an invalid_grant", "people are told to look at the Dashboard in place of starting again", func(ctx context.Context) (string, bool) {
			_, err := t.stripe.Exchange(ctx, nobodysCode)
			return t.toldOfOAuth(err, "exchange codes"), errors.Is(err, gateway.ErrCodeRejected)
		}},
		{"deauthorize", "an account that is not connected is an invalid_client that says “not connected”", "who disconnects an account that has left already gets an error",
			func(ctx context.Context) (string, bool) {
				err := t.stripe.Deauthorize(ctx, nobodysAccount)
				return t.toldOfOAuth(err, "end connections"), errors.Is(err, gateway.ErrNotConnected)
			}},
	}
}

// toldOfOAuth is told, with what a restricted key may not do.
func (t *trial) toldOfOAuth(err error, does string) string {
	said := t.told(gateway.Session{}, err)
	if errors.Is(err, gateway.ErrRestricted) {
		t.lack(err, "not known: Stripe does not let this restricted key "+does)
	}
	return said
}

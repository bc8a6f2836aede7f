package tests

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

// The refresh token that Stripe gives only once is dropped, or, with TOKEN_KEY,
// kept sealed until the disconnect. It is in no log either way.
func TestTokenKey(t *testing.T) {
	for name, c := range map[string]struct{ key, kept string }{
		"without": {"", "0"},
		"with":    {base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)), "1"},
	} {
		t.Run(name, func(t *testing.T) {
			a := Start(t, "TOKEN_KEY="+c.key, "LOG_LEVEL=debug")
			merchant := a.Browser()
			merchant.Get(merchant.Authorize(a, stripesim.AccountA))
			if got := a.Rows("SELECT sealed_token IS NOT NULL FROM accounts"); len(got) != 1 || got[0] != c.kept {
				t.Errorf("a sealed token must be kept with TOKEN_KEY only, got %q", got)
			}
			merchant.Post("/connect/accounts/"+stripesim.AccountA+"/disconnect", nil)
			if got := a.Rows("SELECT sealed_token IS NOT NULL FROM accounts"); len(got) != 1 || got[0] != "0" {
				t.Errorf("a disconnect must remove the token, got %q", got)
			}
			if log := a.Out.String(); strings.Contains(log, "rt_") || c.key != "" && strings.Contains(log, c.key) {
				t.Errorf("neither token nor key may be logged:\n%s", log)
			}
		})
	}
}

// A key that does not open what is kept stops the start with a clear word.
func TestWrongTokenKey(t *testing.T) {
	key := func(b byte) string {
		return "TOKEN_KEY=" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32))
	}
	a := Start(t, key(1))
	merchant := a.Browser()
	merchant.Get(merchant.Authorize(a, stripesim.AccountA))
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	a.Set(key(2))
	_, err := a.Command()
	if err == nil || !strings.HasPrefix(err.Error(), "TOKEN_KEY: ") {
		t.Errorf("a wrong key must be named at the start, got %v", err)
	}
}

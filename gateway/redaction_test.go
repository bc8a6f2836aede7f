package gateway_test

import (
	"slices"
	"testing"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/stripesim"
)

// A session that somebody has asked to redact tells nothing about a verdict, whatever became of it; only what Stripe says is being
// erased need not be asked for again.
func TestRedactionsAreToldApart(t *testing.T) {
	for redaction, want := range map[string]gateway.Session{
		`null`: {}, `{"status":"processing"}`: {Redacting: true, Erasing: true}, `{"status":"redacted"}`: {Redacting: true, Erasing: true, Redacted: true},
		`{"status":"validated"}`: {Redacting: true}, `{"status":"of_the_future"}`: {Redacting: true},
	} {
		i := inspect(t, stripesim.Config{})
		i.sim.AddFault(stripesim.Fault{Body: `{"id":"vs_1","object":"identity.verification_session","status":"verified","redaction":` + redaction + `}`, Times: -1})
		got, err := i.client.Redact(t.Context(), "vs_1")
		if err != nil || got.Redacting != want.Redacting || got.Erasing != want.Erasing || got.Redacted != want.Redacted {
			t.Errorf("%s must be read as %+v, got %+v, %v", redaction, want, got, err)
		}
		asked := slices.ContainsFunc(i.sim.Requests(), func(r stripesim.Request) bool { return r.Method == "POST" })
		if asked == want.Erasing {
			t.Errorf("%s: to redact it must be asked for unless it is being erased, got %v", redaction, asked)
		}
	}
}

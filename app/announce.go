package app

import (
	"fmt"
	"io"
	"net"
	"strings"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/settings"
)

// announce says in a few lines what is on, and what to do next. It never names a secret.
func (p *program) announce(w io.Writer, addr string) {
	mode, users, connect := "test mode", "anonymous, one for each browser", "off: set STRIPE_CLIENT_ID to turn it on"
	tokens := "not kept"
	if p.store.TokenKey != nil {
		tokens = "kept"
	}
	if p.web.Live {
		mode = "LIVE mode"
	}
	if p.team.SignIn != nil {
		users = "from the team's sign-in"
	} else if p.web.AuthUserHeader != "" {
		users = "from the header " + p.web.AuthUserHeader
	}
	if p.gateway.ClientID != "" {
		connect = "on, refresh tokens " + tokens + ", redirect URI " + p.url("connect/callback")
	}
	fmt.Fprintf(w, "%s, %s\n", p.web.AppName, mode)
	fmt.Fprintf(w, "  listening  %s\n  database   %s\n  users      %s, %d failed checks each\n  connect    %s\n", addr, p.database, users, p.store.MaxAttempts, connect)
	announceExtras(w, p.extras)
	local := settings.IsLoopback(p.web.BaseURL.Hostname())
	switch {
	case p.gateway.APIBase != "":
		fmt.Fprintf(w, "  stripe     simulated at %s\n", p.gateway.APIBase)
	case local:
		fmt.Fprintf(w, "  webhooks   run: stripe listen --forward-to %s/webhook\n", p.web.BaseURL.Host)
	default:
		fmt.Fprintf(w, "  webhooks   at %s with %d secrets; `doctor` checks the endpoints at Stripe\n", p.url("webhook"), len(p.gateway.WebhookSecrets))
	}
	for _, e := range p.extras {
		if e.Tell != "" {
			fmt.Fprintf(w, "  %-10s %s\n", e.Name, strings.ReplaceAll(e.Tell, "{base}", p.web.BaseURL.String()))
		}
	}
	_, port, _ := net.SplitHostPort(addr)
	if settings.IsLoopback(p.web.BaseURL.Hostname()) && p.web.BaseURL.Port() != port {
		fmt.Fprintf(w, "  note       this listens on port %s, but BASE_URL, where people come back from Stripe, has another one\n", port)
	}
	fmt.Fprintf(w, "  open       %s\n", p.web.BaseURL)
}

// announceExtras says in one line what is on, and in one more what cannot work so.
func announceExtras(w io.Writer, list []extras.Extra) {
	var states []string
	for _, e := range list {
		if e.State != "" {
			states = append(states, e.Name+" "+e.State)
		}
	}
	if len(states) > 0 {
		fmt.Fprintf(w, "  extras     %s\n", strings.Join(states, ", "))
	}
	for _, e := range list {
		if e.Warning != "" {
			fmt.Fprintf(w, "  WARN       %s: %s\n", e.Name, e.Warning)
		}
	}
}

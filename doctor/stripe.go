package doctor

import (
	"context"
	"errors"
	"net/http"
	"time"

	"example.com/identity-starter/gateway"
)

// refusal is what Stripe has refused with; for any other error it has the status 0.
func refusal(err error) gateway.Error {
	var e *gateway.Error
	if errors.As(err, &e) {
		return *e
	}
	return gateway.Error{}
}

// named is what Stripe calls the permission that is missing, where it says so.
func named(e gateway.Error) string {
	if e.Permission == "" {
		return ""
	}
	return " (which Stripe calls " + e.Permission + ")"
}

func checkKey(ctx context.Context, stripe *gateway.Client, live bool) line {
	mode := map[bool]string{false: "test mode", true: "LIVE mode"}[live]
	account, err := stripe.OwnAccount(ctx)
	refused := refusal(err)
	switch {
	case err == nil:
		return line{pass, "key", "works, " + mode + ", account " + account.ID + " “" + account.Name + "”: `stripe listen` and STRIPE_CLIENT_ID must be of the same one, and each sandbox is an account of its own", ""}
	case refused.Status == http.StatusUnauthorized:
		return line{fail, "key", "Stripe does not know it", "copy STRIPE_SECRET_KEY again from https://dashboard.stripe.com/apikeys: was it rolled?"}
	case refused.Status == http.StatusForbidden:
		return line{warn, "key", "works, " + mode + ", but may not read its own account, so that nobody can compare it with the one of `stripe listen`",
			"give the restricted key the permission Connect, Accounts: Read" + named(refused)}
	}
	fix := "is api.stripe.com reachable from here, through a proxy perhaps (HTTPS_PROXY)?"
	if len(stripe.Origins()) > 0 {
		fix = "is what STRIPE_API_BASE names running, such as the demo with its simulated Stripe?"
	}
	return line{fail, "key", err.Error(), fix}
}

// checkIdentity is silent where a permission is missing: that has a line of its own.
func (r *report) checkIdentity(ctx context.Context, stripe *gateway.Client) {
	err := gateway.Try(stripe.Sessions(ctx, time.Time{}))
	switch {
	case err == nil:
		r.add(line{pass, "identity", "activated", ""})
	case refusal(err).Status == http.StatusForbidden:
	case errors.Is(err, gateway.ErrNotActivated):
		r.add(line{fail, "identity", "Stripe says that the account is not set up for it", "apply at " + gateway.Application})
	default:
		r.add(line{fail, "identity", err.Error(), "run doctor again; if it stays, look the request up in the Dashboard"})
	}
}

// checkPermissions tries what a restricted key may read. Whether it may write can
// only be found out by writing.
func (r *report) checkPermissions(ctx context.Context, stripe *gateway.Client, restricted, live bool) {
	if !restricted {
		l := line{pass, "permissions", "a secret key may do everything", ""}
		if live {
			l = line{warn, l.name, l.what + " to your Stripe account", "use a restricted key: docs/going-live.md says with which permissions"}
		}
		r.add(l)
		return
	}
	complete := true
	for _, p := range readable(ctx, stripe) {
		err := p.try()
		switch refused := refusal(err); {
		case refused.Status == http.StatusForbidden:
			r.add(line{p.grade, "permissions", "the restricted key lacks " + p.what + named(refused) + ", so " + p.without,
				"edit the key at https://dashboard.stripe.com/apikeys"})
		case silent(err):
			r.add(line{warn, "permissions", "no answer says whether the restricted key has " + p.what, "run doctor again"})
		default:
			continue
		}
		complete = false
	}
	if complete {
		r.add(line{pass, "permissions", "the restricted key may read what is needed; that it may also write sessions only -try tries", ""})
	}
}

// permission is one of those in docs/going-live.md, under the name that the Dashboard has for it.
type permission struct {
	grade         grade // of a line that says that it is missing
	what, without string
	try           func() error
}

// readable are those that can be tried without making anything, but for that to read the account, which is in the line of the key.
func readable(ctx context.Context, stripe *gateway.Client) []permission {
	return []permission{
		{fail, "Identity, Verification Sessions and Reports: Write", "nobody can be verified", func() error { return gateway.Try(stripe.Sessions(ctx, time.Time{})) }},
		{warn, "Identity, Verification Sessions and Reports: Read", "reconcile -all cannot count attempts", func() error { return gateway.Try(stripe.Reports(ctx, "")) }},
		{warn, "Events: Read", "missed webhooks are not found", func() error { return gateway.Try(stripe.Events(ctx, time.Now().Add(-time.Hour))) }},
		{warn, "Webhook Endpoints and Event Destinations: Read", "doctor cannot see them", func() error {
			_, err := stripe.Endpoints(ctx)
			return err
		}},
	}
}

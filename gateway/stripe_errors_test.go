package gateway_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/stripesim"
)

// refused is what comes of a list of sessions that Stripe answers with an error object.
func refused(t *testing.T, status int, object string) *gateway.Error {
	t.Helper()
	i := inspect(t, stripesim.Config{})
	i.sim.AddFault(stripesim.Fault{Status: status, Body: `{"error":` + object + `}`, Times: -1})
	err := gateway.Try(i.client.Sessions(t.Context(), time.Time{}))
	var e *gateway.Error
	if !errors.As(err, &e) || e.Status != status {
		t.Fatalf("Stripe's refusal must be an error with its status %d, got %v", status, err)
	}
	return e
}

// What Stripe has a code for is known by the code: its sentences vary, and are nobody's promise.
func TestNotActivatedIsToldByItsCode(t *testing.T) {
	const code, words = `"code":"identity_api_invalid_application",`, `"Your account is not set up to use Identity. Visit https://dashboard.stripe.com/identity."`
	for name, c := range map[string]struct {
		object string
		want   bool
	}{
		"code and known words": {`{"type":"invalid_request_error",` + code + `"message":` + words + `}`, true},
		"code and other words": {`{"type":"invalid_request_error",` + code + `"message":"Learn about supported use-cases."}`, true},
		"known words, no code": {`{"type":"invalid_request_error","message":` + words + `}`, true},
		"another code":         {`{"type":"invalid_request_error","code":"parameter_invalid","message":` + words + `}`, false},
	} {
		e := refused(t, 400, c.object)
		if errors.Is(e, gateway.ErrNotActivated) != c.want || strings.Contains(e.Error(), "identity/application") != c.want || !errors.Is(e, gateway.ErrRejected) {
			t.Errorf("%s: that Identity is not activated, and where to apply, must be %v, got %v", name, c.want, e)
		}
	}
	i := inspect(t, stripesim.Config{IdentityOff: true})
	if _, err := i.client.CancelSession(t.Context(), "vs_any"); !errors.Is(err, gateway.ErrNotActivated) || errors.Is(err, gateway.ErrNotCancelable) {
		t.Errorf("it says nothing about the session of a cancel, got %v", err)
	}
}

// Of what Stripe says of a missing permission its name is kept, and nothing else: the sentence quotes the key.
func TestMissingPermissionIsNamed(t *testing.T) {
	const says = `"The provided key 'rk_live_marker' does not have the required permissions for this endpoint on account 'acct_marker'. Having the '%s' permission would allow this request to continue."`
	long := "rak_" + strings.Repeat("a", 100)
	for _, c := range []struct {
		status     int
		code, name string
		want       string
	}{
		{403, "more_permissions_required", "rak_identity_product_write", "rak_identity_product_write"},
		{403, "", "rak_event_read", "rak_event_read"}, // as until 2025
		{403, "", "rk_live_marker", ""}, {403, "", "rak_ marker", ""}, {403, "", long, ""}, {403, "", "rak_a\\nmarker", ""},
		{400, "", "rak_event_read", ""},
	} {
		e := refused(t, c.status, fmt.Sprintf(`{"type":"invalid_request_error","code":%q,"message":`+says+`}`, c.code, c.name))
		if e.Permission != c.want || c.want != "" && !strings.Contains(e.Error(), "permission "+c.want+",") {
			t.Errorf("of %d with %q the permission must be %q, got %q in %v", c.status, c.name, c.want, e.Permission, e)
		}
		if text := e.Error(); strings.Contains(text, "marker") || strings.Contains(text, long) {
			t.Errorf("nothing else of the sentence may be kept, got %s", text)
		}
		if c.status == 403 && !strings.Contains(e.Hint, "permission") {
			t.Errorf("the hint must say what to do, got %q", e.Hint)
		}
	}
	c := inspect(t, stripesim.Config{})
	c.sim.AddFault(stripesim.Fault{Path: "/oauth/token", Status: 403, Body: fmt.Sprintf(`{"error":"invalid_client","error_description":`+says+`}`, "rak_oauth_any")})
	if _, err := c.client.Exchange(t.Context(), "ac_any"); err == nil || !strings.Contains(err.Error(), "permission rak_oauth_any,") || strings.Contains(err.Error(), "marker") {
		t.Errorf("the exchange of a code must name it, too, got %v", err)
	}
	i := inspect(t, stripesim.Config{Lacks: []string{"GET /v1/events"}})
	if err := errors.Join(gateway.Try(i.client.Sessions(t.Context(), time.Time{})), gateway.Try(i.client.Reports(t.Context(), ""))); err != nil {
		t.Errorf("what is not lacked must pass, got %v", err)
	}
}

// A flow that Stripe does not know is a wrong setting, and no matter of the database.
func TestWrongFlowIsNamed(t *testing.T) {
	e := refused(t, 400, `{"type":"invalid_request_error","code":"resource_missing","param":"verification_flow","message":"No such flow"}`)
	if !errors.Is(e, gateway.ErrRejected) || !strings.Contains(e.Hint, "STRIPE_VERIFICATION_FLOW") {
		t.Errorf("the setting must be named, got %v", e)
	}
}

package stripesim

import (
	"net/http"
	"strings"
)

// permissions are what Stripe calls the permission that a call needs, by the beginning of "METHOD /path". Those of sessions and
// of the account are third parties' words; the others go by the same rule, read for GET and write for POST, and are guesses.
var permissions = []struct{ call, name string }{
	{"GET /v1/identity", "rak_identity_product_read"},
	{"POST /v1/identity", "rak_identity_product_write"},
	{"GET /v1/account", "rak_accounts_kyc_basic_read"},
	{"GET /v1/events", "rak_event_read"},
	{"GET /v1/webhook_endpoints", "rak_webhook_read"},
	{"GET /v2/core/event_destinations", "rak_webhook_read"},
}

// permit refuses what a restricted key may not do (docs.stripe.com/keys/restricted-api-keys), and Identity, lists too, to an
// account that has not applied for it: its code is known from third parties only, who quote several wordings.
func (s *Sim) permit(r *http.Request) *apiError {
	call := r.Method + " " + r.URL.Path
	for _, lacked := range s.cfg.Lacks {
		if strings.HasPrefix(call, lacked) {
			return s.lacksPermission(call)
		}
	}
	if s.cfg.IdentityOff && strings.HasPrefix(r.URL.Path, "/v1/identity/") {
		return newError(http.StatusBadRequest, "identity_api_invalid_application", "", "Your account is not set up to use Identity. "+
			"Please have an account admin visit https://dashboard.stripe.com/identity/application to get started.")
	}
	return nil
}

// lacksPermission is worded as in the public issue 2246 of stripe-node, where it had no code: since 2026 it has one.
func (s *Sim) lacksPermission(call string) *apiError {
	e := newError(http.StatusForbidden, "more_permissions_required", "", "The provided key '%s' does not have the required permissions "+
		"for this endpoint on account '%s'.", masked(s.cfg.SecretKey), PlatformAccount)
	for _, p := range permissions {
		if strings.HasPrefix(call, p.call) {
			e.Message += " Having the '" + p.name + "' permission would allow this request to continue."
			break
		}
	}
	return e
}

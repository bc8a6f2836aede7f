package stripesim

import (
	"net/http"
	"strings"
)

// permit refuses what a restricted key may not do (docs.stripe.com/keys/restricted-api-keys), and Identity to an
// account that has not applied for it.
func (s *Sim) permit(r *http.Request) *apiError {
	for _, lacked := range s.cfg.Lacks {
		if strings.HasPrefix(r.Method+" "+r.URL.Path, lacked) {
			return newError(http.StatusForbidden, "more_permissions_required", "", "The provided key '%s' does not have the "+
				"required permissions for this endpoint on account '%s'.", masked(s.cfg.SecretKey), PlatformAccount)
		}
	}
	if s.cfg.IdentityOff && strings.HasPrefix(r.URL.Path, "/v1/identity/") {
		return newError(http.StatusBadRequest, "", "", "Your account is not set up to use Identity. Please have an account "+
			"admin visit https://dashboard.stripe.com/identity/application to get started.")
	}
	return nil
}

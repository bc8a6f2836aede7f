package stripesim

import (
	"errors"
	"net/http"
)

// apiRoutes is everything on the API's origin: the API, and the hosted pages.
func (s *Sim) apiRoutes() http.Handler {
	mux := http.NewServeMux()
	for pattern, handle := range map[string]apiHandler{
		"POST /v1/identity/verification_sessions":             s.createSession,
		"GET /v1/identity/verification_sessions":              s.listSessions,
		"GET /v1/identity/verification_sessions/{id}":         s.retrieveSession,
		"POST /v1/identity/verification_sessions/{id}":        s.updateSession,
		"POST /v1/identity/verification_sessions/{id}/cancel": s.cancelSession,
		"POST /v1/identity/verification_sessions/{id}/redact": s.redactSession,
		"GET /v1/identity/verification_reports":               s.listReports,
		"GET /v1/identity/verification_reports/{id}":          s.retrieveReport,
		"GET /v1/events":                  s.listEvents,
		"GET /v1/events/{id}":             s.retrieveEvent,
		"GET /v1/account":                 s.retrieveOwnAccount,
		"GET /v1/accounts":                s.listAccounts,
		"GET /v1/accounts/{id}":           s.retrieveAccount,
		"POST /v1/webhook_endpoints":      s.createEndpoint,
		"GET /v1/webhook_endpoints":       s.listEndpoints,
		"GET /v1/webhook_endpoints/{id}":  s.retrieveEndpoint,
		"GET /v2/core/event_destinations": s.listDestinations,
		"/v1/":                            s.unrecognized,
	} {
		mux.Handle(pattern, s.endpoint(handle))
	}
	s.pageRoutes(mux)
	return mux
}

// connectRoutes is everything on the OAuth origin.
func (s *Sim) connectRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /oauth/authorize", s.exchange(s.authorize))
	mux.Handle("POST /oauth/token", s.oauthEndpoint(s.issueToken))
	mux.Handle("POST /oauth/deauthorize", s.oauthEndpoint(s.deauthorize))
	return mux
}

// authorize checks the request and sends the browser to the page on the other origin, as Stripe may hop between
// its hosts.
func (s *Sim) authorize(c *call, f *fault) answer {
	_, sent := s.under(c.r.Context(), f, func() answer {
		v, err := s.newVisit(c.r.URL.Query())
		var own *oauthError
		switch {
		case errors.As(err, &own):
			return jsonAnswer(own.status, own)
		case err != nil:
			return asAPIError(err).answer()
		}
		token := newID("visit_")
		s.mu.Lock()
		s.visits[token] = v
		s.mu.Unlock()
		return answer{status: http.StatusFound, location: s.URL() + "/connect/" + token, contentType: "text/plain; charset=utf-8"}
	})
	return sent
}

package stripesim

import (
	"net/http"
	"strings"
	"time"
)

// apiHandler executes one API operation and returns the object to answer with, or an *apiError. It is called with
// mu held, and its result is marshalled before mu is released.
type apiHandler func(c *call) (any, error)

// exchange serves one API or OAuth call: it records and logs it, lets act make the answer and sends it.
func (s *Sim) exchange(act func(c *call, f *fault) answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		if err := r.ParseForm(); err != nil {
			http.Error(w, "the request's form cannot be read", http.StatusBadRequest)
			return
		}
		c := &call{r: r, form: r.Form, requestID: newID("req_")}
		if r.Method == http.MethodPost {
			c.key = r.Header.Get("Idempotency-Key")
		}
		rec := s.record(c)
		a := act(c, s.takeFault(r))
		if a.drop {
			a.status = 0
		}
		s.mu.Lock()
		rec.Status = a.status
		s.mu.Unlock()
		s.log.Info("simulated Stripe answered", "method", r.Method, "path", r.URL.Path, "status", a.status,
			"ms", time.Since(start).Milliseconds(), "request_id", c.requestID)
		s.write(w, c, a)
	})
}

func (s *Sim) record(c *call) *Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	rec := &Request{
		Method: c.r.Method, Path: c.r.URL.Path, Form: c.form, IdempotencyKey: c.r.Header.Get("Idempotency-Key"),
		Account: c.r.Header.Get("Stripe-Account"), StripeVersion: c.r.Header.Get("Stripe-Version"), At: s.now(),
	}
	s.requests = append(s.requests, rec)
	return rec
}

// endpoint makes an API operation of handle: key, account and idempotency come before it.
func (s *Sim) endpoint(handle apiHandler) http.Handler {
	return s.exchange(func(c *call, f *fault) answer {
		if err := s.admit(c); err != nil {
			_, sent := s.under(c.r.Context(), f, err.answer)
			return sent
		}
		earlier := s.beginIdempotent(c)
		real, sent := s.under(c.r.Context(), f, func() answer {
			if earlier != nil {
				return *earlier
			}
			return s.execute(c, handle)
		})
		if earlier == nil {
			s.endIdempotent(c, real)
		}
		return sent
	})
}

func (s *Sim) execute(c *call, handle apiHandler) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := handle(c)
	if err != nil {
		return asAPIError(err).answer()
	}
	return jsonAnswer(http.StatusOK, v)
}

func asAPIError(err error) *apiError {
	if e, ok := err.(*apiError); ok {
		return e
	}
	return newError(http.StatusBadRequest, "", "", "%s", err)
}

// givenKey returns the API key of a request: a Bearer token or the user name of Basic authentication
// (docs.stripe.com/api/authentication).
func givenKey(r *http.Request) string {
	if user, _, ok := r.BasicAuth(); ok {
		return user
	}
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(key)
}

// admit checks the key and the Stripe-Account header of an API call.
func (s *Sim) admit(c *call) *apiError {
	key := givenKey(c.r)
	if key == "" {
		return newError(http.StatusUnauthorized, "", "", "You did not provide an API key. You need to provide your API key "+
			"in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). "+
			"See https://stripe.com/docs/api#authentication for details.")
	}
	if key != s.cfg.SecretKey {
		return newError(http.StatusUnauthorized, "", "", "Invalid API Key provided: %s", masked(key))
	}
	if err := s.permit(c.r); err != nil {
		return err
	}
	account := c.r.Header.Get("Stripe-Account")
	if account == "" || account == PlatformAccount {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.connected(account) {
		return s.noAccess(account)
	}
	c.account = account
	return nil
}

// noAccess is what Stripe says about an account that never was connected, or is no more.
func (s *Sim) noAccess(account string) *apiError {
	return newError(http.StatusForbidden, "account_invalid", "", "The provided key '%s' does not have access to account '%s' "+
		"(or that account does not exist). Application access may have been revoked.", masked(s.cfg.SecretKey), account)
}

// masked keeps of a key what tells which kind it is.
func masked(key string) string {
	const kind = len("sk_test_")
	if len(key) <= kind {
		return "***"
	}
	return key[:kind] + "***"
}

// unrecognized answers every path and method that the simulator does not have.
func (s *Sim) unrecognized(c *call) (any, error) {
	return nil, newError(http.StatusNotFound, "", "", "Unrecognized request URL (%s: %s). The simulator has only what "+
		"verification and Connect OAuth need.", c.r.Method, c.r.URL.Path)
}

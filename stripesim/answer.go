package stripesim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// answer is what a request gets: what the handlers made, or what a fault puts in its place.
type answer struct {
	status      int
	body        []byte
	contentType string
	location    string // where a redirect leads
	replayed    bool
	drop, half  bool // cut the connection before, or in the middle of, the body
	unsaved     bool // an idempotency key does not remember it
}

// apiError is the error object of docs.stripe.com/api/errors.
type apiError struct {
	status  int
	Type    string `json:"type"`
	Code    string `json:"code,omitempty"`
	DocURL  string `json:"doc_url,omitempty"`
	Message string `json:"message"`
	Param   string `json:"param,omitempty"`
	// invalid marks what was refused before anything was executed: such an answer is not kept for an idempotency
	// key (docs.stripe.com/api/idempotent_requests).
	invalid bool
}

func (e *apiError) Error() string { return e.Message }

func newError(status int, code, param, format string, args ...any) *apiError {
	e := &apiError{status: status, Type: "invalid_request_error", Code: code, Param: param, Message: fmt.Sprintf(format, args...)}
	if code != "" {
		e.DocURL = "https://stripe.com/docs/error-codes/" + strings.ReplaceAll(code, "_", "-")
	}
	return e
}

// badParam is a parameter that does not pass validation.
func badParam(code, param, format string, args ...any) *apiError {
	e := newError(http.StatusBadRequest, code, param, format, args...)
	e.invalid = true
	return e
}

func missing(kind, id, param string) *apiError {
	return newError(http.StatusNotFound, "resource_missing", param, "No such %s: '%s'", kind, id)
}

func (e *apiError) answer() answer {
	a := jsonAnswer(e.status, map[string]any{"error": e})
	a.unsaved = e.invalid
	return a
}

func jsonAnswer(status int, v any) answer {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil { // a value that was given to Emit; our own types always marshal
		return answer{status: http.StatusInternalServerError, body: []byte(err.Error()), contentType: "text/plain"}
	}
	return answer{status: status, body: append(body, '\n'), contentType: "application/json"}
}

// write sends a, with the headers that Stripe's answers carry.
func (s *Sim) write(w http.ResponseWriter, c *call, a answer) {
	if a.drop {
		panic(http.ErrAbortHandler) // makes net/http close the connection without an answer
	}
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("Date", s.cfg.Now().UTC().Format(http.TimeFormat))
	h.Set("Request-Id", c.requestID)
	h.Set("Stripe-Version", cmp.Or(c.r.Header.Get("Stripe-Version"), defaultAPIVersion))
	h.Set("Cache-Control", "no-cache, no-store")
	h.Set("Content-Length", fmt.Sprint(len(a.body)))
	if c.key != "" {
		h.Set("Idempotency-Key", c.key)
	}
	if c.account != "" {
		h.Set("Stripe-Account", c.account)
	}
	if a.location != "" {
		h.Set("Location", a.location)
	}
	if a.replayed {
		h.Set("Idempotent-Replayed", "true")
	}
	if a.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Basic realm="Stripe"`)
	}
	w.WriteHeader(a.status)
	if !a.half {
		_, _ = w.Write(a.body) // the other side left: nobody to tell
		return
	}
	_, _ = w.Write(a.body[:len(a.body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

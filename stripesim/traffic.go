package stripesim

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const maxBody = 1 << 20

// Request is an API or OAuth call that the simulator was sent.
type Request struct {
	Method, Path   string
	Form           url.Values // query and body
	IdempotencyKey string
	Account        string // the Stripe-Account header
	StripeVersion  string
	Status         int // 0 while unanswered, and for good where the connection was cut
	At             time.Time
}

// Fault makes calls fail. It applies to both listeners.
type Fault struct {
	// Path is a prefix of the paths it applies to; empty means every API and OAuth call. Hosted pages need their own.
	Path string
	// Ends is what the path must end with besides: "/redact" is all redactions.
	Ends string
	// Method restricts it to one HTTP method.
	Method string
	// Skip is how many calls that fit are left alone first.
	Skip int
	// Times is how many calls it spoils: 0 is one, below 0 is every one until ClearFaults.
	Times int
	// Status answers with this status and, unless Body is set, an error object like Stripe's. As at Stripe, such a
	// 500 is remembered for the call's idempotency key; other statuses and given bodies are not.
	Status int
	// Code is the code of that error object, where Stripe has several for the status: "lock_timeout" for 429, when another
	// call has the object just now (docs.stripe.com/rate-limits), where "rate_limit" is the default.
	Code string
	// Body and ContentType replace the answer's; the status is 200 then, unless Status is set.
	Body, ContentType string
	// Delay waits before going on.
	Delay time.Duration
	// Hang waits until ClearFaults or Close, or until the caller leaves. ClearFaults lets the call go on as usual.
	Hang bool
	// Close cuts the connection without an answer.
	Close bool
	// HalfBody sends half of the answer and cuts the connection then.
	HalfBody bool
	// After lets the call take effect first and spoils only the answer.
	After bool
}

type fault struct {
	Fault
	left     int
	released chan struct{}
}

// traffic is what went through the listeners and what shall happen to it.
type traffic struct {
	requests []*Request
	faults   []*fault
	saved    map[string]*savedAnswer // by account and idempotency key
}

func newTraffic() traffic { return traffic{saved: map[string]*savedAnswer{}} }

// call is a request under way.
type call struct {
	r         *http.Request
	form      url.Values
	requestID string
	key       string // idempotency key, POST only
	account   string // the connected account that is acted for, empty for the platform
}

// Requests returns the API and OAuth calls so far, oldest first.
func (s *Sim) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Request, 0, len(s.requests))
	for _, r := range s.requests {
		c := *r
		c.Form = maps.Clone(r.Form)
		list = append(list, c)
	}
	return list
}

// AddFault makes the calls that f describes fail. Of several that fit, the one added first is used up first.
func (s *Sim) AddFault(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &fault{Fault: f, left: max(f.Times, 1), released: make(chan struct{})})
}

// ClearFaults removes all faults; calls that hang go on.
func (s *Sim) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		close(f.released)
	}
	s.faults = nil
}

// takeFault returns the fault that a call runs into, or nil.
func (s *Sim) takeFault(r *http.Request) *fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		switch {
		case !f.fits(r):
		case f.Skip > 0:
			f.Skip--
		default:
			f.left--
			return f
		}
	}
	return nil
}

func (f *fault) fits(r *http.Request) bool {
	path := strings.HasPrefix(r.URL.Path, f.Path) && strings.HasSuffix(r.URL.Path, f.Ends) && (f.Path != "" || isCall(r.URL.Path))
	return path && (f.Method == "" || f.Method == r.Method) && (f.left > 0 || f.Times < 0)
}

func isCall(path string) bool {
	return strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, "/oauth/")
}

// stall waits as long as the fault says and reports whether the caller is still there.
func (s *Sim) stall(ctx context.Context, f *fault) bool {
	if !s.pause(ctx, f.Delay) {
		return false
	}
	if !f.Hang {
		return true
	}
	select {
	case <-f.released:
		return true
	case <-ctx.Done():
		return false
	case <-s.ctx.Done():
		return false
	}
}

// under runs act as the fault wants it. It returns what really happened (status 0: nothing) and what is sent.
func (s *Sim) under(ctx context.Context, f *fault, act func() answer) (real, sent answer) {
	if f == nil {
		real = act()
		return real, real
	}
	if f.After {
		real = act()
	}
	if !s.stall(ctx, f) {
		return real, answer{drop: true}
	}
	replaced := f.Status != 0 || f.Body != ""
	if !f.After && !replaced && !f.Close {
		real = act()
	}
	sent = real
	if replaced {
		sent = f.answer()
	}
	if f.Status == http.StatusInternalServerError && f.Body == "" {
		real = sent // Stripe remembers its own 500s, see docs.stripe.com/api/idempotent_requests
	}
	sent.drop, sent.half = f.Close, f.HalfBody
	return real, sent
}

func (f *fault) answer() answer {
	if f.Body != "" {
		return answer{status: cmp.Or(f.Status, http.StatusOK), body: []byte(f.Body),
			contentType: cmp.Or(f.ContentType, "application/json")}
	}
	e := &apiError{status: f.Status, Type: "api_error", Message: "An unknown error occurred."}
	switch {
	case f.Code == "lock_timeout":
		e = newError(f.Status, f.Code, "", "This object cannot be accessed right now because another API request or Stripe process is currently accessing it.")
	case f.Status == http.StatusTooManyRequests:
		e = newError(f.Status, "rate_limit", "", "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.")
	case f.Status < http.StatusInternalServerError:
		e = newError(f.Status, f.Code, "", "The simulator was told to refuse this request.")
	}
	return e.answer()
}

package gateway

import (
	"net/http"
	"time"
)

// observer tells of each call to Stripe what may be shown of it.
type observer struct {
	tell func(Call)
	next http.RoundTripper
}

func observed(tell func(Call), next http.RoundTripper) http.RoundTripper {
	if tell == nil {
		return next
	}
	return observer{tell, next}
}

func (o observer) RoundTrip(r *http.Request) (*http.Response, error) {
	start := time.Now()
	response, err := o.next.RoundTrip(r)
	call := Call{Method: r.Method, Path: r.URL.Path, Took: time.Since(start)}
	if err == nil {
		call.Status, call.RequestID = response.StatusCode, plain(response.Header.Get("Request-Id"))
		call.Date, _ = http.ParseTime(response.Header.Get("Date")) // zero is what a missing one is
	}
	o.tell(call)
	return response, err
}

package stripesim

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/stripe/stripe-go/v82/webhook"
)

// deliveryTimeout is ours: Stripe publishes no number.
const deliveryTimeout = 10 * time.Second

func newWebhookClient() *http.Client {
	dialer := &net.Dialer{Timeout: deliveryTimeout}
	return &http.Client{
		Timeout: deliveryTimeout,
		// Stripe treats a redirect as a failure and does not follow it (docs.stripe.com/webhooks).
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			MaxIdleConnsPerHost: 4,
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := dialer.DialContext(ctx, network, addr)
				if err != nil {
					return nil, err
				}
				if a, ok := conn.RemoteAddr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
					return nil, errors.Join(errNotLoopback, conn.Close())
				}
				return conn, nil
			},
		},
	}
}

// post sends one signed webhook as docs.stripe.com/webhooks describes it.
func (s *Sim) post(j *job) Delivery {
	s.mu.Lock()
	event := *j.event
	if j.endpoint.Organization {
		event.Account = cmp.Or(event.Account, PlatformAccount)
	}
	body := event.renderAt(j.endpoint)
	d := Delivery{EventID: event.idAt(j.endpoint), Type: event.typeAt(j.endpoint), Endpoint: j.endpoint.ID, Attempt: j.attempt}
	s.mu.Unlock()
	if !loopbackURL(j.endpoint.URL) {
		d.Err = "the endpoint's URL is " + errNotLoopback.Error()
		return d
	}
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, j.endpoint.URL, bytes.NewReader(body))
	if err != nil {
		d.Err = err.Error()
		return d
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
	req.Header.Set("Accept", "*/*; q=0.5, application/xml")
	req.Header.Set("Cache-Control", "no-cache")
	req.Header.Set("Stripe-Signature", s.signature(body, j.endpoint.Secret))
	req.Header["X-Idempotency-Key"] = nil // is not sent: a connection that the receiver has closed since is replaced (net/http.Transport)
	res, err := s.client.Do(req)
	if err != nil {
		d.Err = err.Error()
		return d
	}
	defer func() { _ = res.Body.Close() }() // the status is all that counts
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxBody))
	d.Status = res.StatusCode
	return d
}

// signature signs with the time of this attempt. The v0 scheme is the fake one that Stripe adds to test events.
func (s *Sim) signature(body []byte, secret string) string {
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: secret, Timestamp: s.cfg.Now()})
	var fake [32]byte
	_, _ = rand.Read(fake[:]) // never fails, see crypto/rand
	return signed.Header + ",v0=" + hex.EncodeToString(fake[:])
}

//go:build stripemock

// These tests ask something that nobody here wrote: stripe-mock, which knows
// Stripe's OpenAPI description and nothing else. It keeps no state and calls
// every session verified, so that it can judge requests and nothing more.
// .ci/stripe-mock starts it and runs them.

package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/stripesim"
)

const testKey = "sk_test_simulator"

// calls makes a request with each method of gateway.Client that calls the API.
var calls = map[string]func(context.Context, *gateway.Client) error{
	"CreateSession": func(ctx context.Context, c *gateway.Client) error {
		_, err := c.CreateSession(ctx, gateway.NewSession{
			IdempotencyKey: "a-key", Reference: "a-reference", UserID: "a-user", Email: "jo@example.com"})
		return err
	},
	"RetrieveSession": func(ctx context.Context, c *gateway.Client) error {
		return only(c.RetrieveSession(ctx, "vs_simulator"))
	},
	"CancelSession": func(ctx context.Context, c *gateway.Client) error { return only(c.CancelSession(ctx, "vs_simulator")) },
	"Outputs": func(ctx context.Context, c *gateway.Client) error {
		_, _, err := c.Outputs(ctx, "vs_simulator")
		return err
	},
	"FindSession": func(ctx context.Context, c *gateway.Client) error {
		return only(c.FindSession(ctx, "a-reference", "a-user"))
	},
	"ConnectedAccount": func(ctx context.Context, c *gateway.Client) error {
		return only(c.ConnectedAccount(ctx, "acct_simulator"))
	},
	"OwnAccount": func(ctx context.Context, c *gateway.Client) error { return only(c.OwnAccount(ctx)) },
	"Endpoints":  func(ctx context.Context, c *gateway.Client) error { return only(c.Endpoints(ctx)) },
	"Events": func(ctx context.Context, c *gateway.Client) error {
		return first(c.Events(ctx, time.Now().Add(-time.Hour)))
	},
	"Sessions": func(ctx context.Context, c *gateway.Client) error {
		return first(c.Sessions(ctx, time.Now().Add(-time.Hour)))
	},
	"Redact": func(ctx context.Context, c *gateway.Client) error { return only(c.Redact(ctx, "vs_simulator")) },
	"CorrectEmail": func(ctx context.Context, c *gateway.Client) error {
		return only(c.CorrectEmail(ctx, "vs_simulator", "person@example.com"))
	},
	"ListedUnder":  func(ctx context.Context, c *gateway.Client) error { return only(c.ListedUnder(ctx, "a-reference")) },
	"RedactAnyway": func(ctx context.Context, c *gateway.Client) error { return only(c.RedactAnyway(ctx, "vs_simulator")) },
	"Reports":      func(ctx context.Context, c *gateway.Client) error { return first(c.Reports(ctx, "vs_simulator")) },
}

// only is what became of a call.
func only[T any](_ T, err error) error { return err }

// first asks for the first page of a list. What is on it does not matter: of
// events, stripe-mock has one, about something else.
func first[T any](list iter.Seq2[T, error]) error {
	for _, err := range list {
		if !errors.Is(err, gateway.ErrNotAnEvent) {
			return err
		}
	}
	return nil
}

// apart are the methods that do not call version 1 of the API: stripe-mock has
// neither OAuth nor version 2, and the others send nothing.
var apart = []string{"Destinations", "AuthorizeURL", "Exchange", "Deauthorize", "ParseEvent", "ConnectEnabled", "Origins", "Dashboard", "Check", "MadeFrom"}

// variants are the settings that change what is sent.
var variants = map[string]gateway.Options{
	"plain":             {},
	"document options":  {Check: gateway.Check{Selfie: true, LiveCapture: true}},
	"some documents":    {Check: gateway.Check{Documents: []string{gateway.Passport, gateway.IDCard, gateway.DrivingLicense}}},
	"verification flow": {Check: gateway.Check{Flow: "vf_simulator"}},
}

func TestStripeTakesEveryRequest(t *testing.T) {
	mock := mockURL(t)
	for variant, options := range variants {
		for method, call := range calls {
			t.Run(method+", "+variant, func(t *testing.T) {
				proxy := record(t, mock)
				options.SecretKey, options.APIBase = testKey, proxy.url
				options.ReturnURL = "https://verify.example.com/verification/return"
				if err := call(t.Context(), gateway.New(options)); err != nil {
					t.Errorf("Stripe's API description must allow what %s sends, got %v", method, err)
				}
				proxy.check(t)
			})
		}
	}
}

// A method that is new has to be added to calls, or nobody outside has judged it.
func TestEveryMethodIsJudged(t *testing.T) {
	known := map[string]bool{}
	for method := range calls {
		known[method] = true
	}
	for _, method := range apart {
		known[method] = true
	}
	client := reflect.TypeFor[*gateway.Client]()
	for i := range client.NumMethod() {
		if name := client.Method(i).Name; !known[name] {
			t.Errorf("gateway.Client.%s is neither in calls nor in apart", name)
		}
	}
}

// What one refuses, the other must refuse, too: a simulator that is kinder than
// Stripe hides mistakes until the first real request.
func TestBothRefuseWhatIsWrong(t *testing.T) {
	sim, err := stripesim.Start(stripesim.Config{})
	if err != nil {
		t.Fatalf("start simulator: %v", err)
	}
	t.Cleanup(sim.Close)
	right := url.Values{"type": {"document"}, "client_reference_id": {"a-reference"},
		"return_url": {"https://verify.example.com/verification/return"}}
	for name, wrong := range map[string]url.Values{
		"an unknown parameter":     {"wrong_parameter": {"1"}},
		"a misspelled parameter":   {"client_reference": {"a-reference"}},
		"an unknown type":          {"type": {"passport"}},
		"an unknown document type": {"options[document][allowed_types][0]": {"library_card"}},
		"a boolean that is none":   {"options[document][require_live_capture]": {"perhaps"}},
	} {
		t.Run(name, func(t *testing.T) {
			form := url.Values{}
			for _, values := range []url.Values{right, wrong} {
				for key, value := range values {
					form[key] = value
				}
			}
			for who, base := range map[string]string{"stripe-mock": mockURL(t), "stripesim": sim.URL()} {
				if status := create(t, base, right); status != http.StatusOK {
					t.Errorf("%s must take a session without it, got %d", who, status)
				}
				if status := create(t, base, form); status != http.StatusBadRequest {
					t.Errorf("%s must refuse %s with 400, got %d", who, name, status)
				}
			}
		})
	}
}

// mockURL is the origin of the running stripe-mock. Without one nothing is
// proven, so that its absence is a failure.
func mockURL(t *testing.T) string {
	t.Helper()
	address := os.Getenv("STRIPE_MOCK_URL")
	if address == "" {
		t.Fatal("STRIPE_MOCK_URL is not set: run .ci/stripe-mock, which starts stripe-mock and sets it")
	}
	return address
}

// create asks for a session without the help of stripe-go, which would not send
// a wrong parameter.
func create(t *testing.T, base string, form url.Values) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
		base+"/v1/identity/verification_sessions", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+testKey)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body) // so that the connection can be used again
	return response.StatusCode
}

// recorder stands between the app and stripe-mock and remembers each answer.
type recorder struct {
	url string

	mu      sync.Mutex
	answers []string
	refused bool
}

func record(t *testing.T, target string) *recorder {
	t.Helper()
	origin, err := url.Parse(target)
	if err != nil {
		t.Fatal("STRIPE_MOCK_URL must be an origin, like http://127.0.0.1:12111")
	}
	r := &recorder{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(origin) },
		ModifyResponse: func(response *http.Response) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.answers = append(r.answers, fmt.Sprint(response.Request.Method, " ", response.Request.URL.Path, " ", response.StatusCode))
			r.refused = r.refused || response.StatusCode != http.StatusOK
			return nil
		},
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

func (r *recorder) check(t *testing.T) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.answers) == 0 || r.refused {
		t.Errorf("each request must be made and be answered with 200, got %q", r.answers)
	}
}

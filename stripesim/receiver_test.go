package stripesim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stripe/stripe-go/v82"
)

// hook is one webhook that a receiver got.
type hook struct {
	header http.Header
	body   []byte
}

// receiver is an app's webhook endpoint, which answers with the statuses of answers and then with 200.
type receiver struct {
	url string
	mu  sync.Mutex
	got []hook
}

func receive(t *testing.T, answers ...int) *receiver {
	t.Helper()
	rc := &receiver{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read a webhook: %v", err)
		}
		rc.mu.Lock()
		defer rc.mu.Unlock()
		rc.got = append(rc.got, hook{r.Header.Clone(), body})
		if n := len(rc.got); n <= len(answers) {
			if answers[n-1] >= 300 && answers[n-1] < 400 {
				w.Header().Set("Location", "/elsewhere")
			}
			w.WriteHeader(answers[n-1])
		}
	}))
	t.Cleanup(srv.Close)
	rc.url = srv.URL + "/webhook"
	return rc
}

func (rc *receiver) hooks() []hook {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	return append([]hook(nil), rc.got...)
}

// types are the event types received, without the prefix that all Identity events share.
func (rc *receiver) types(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, h := range rc.hooks() {
		var e stripe.Event
		if err := json.Unmarshal(h.body, &e); err != nil {
			t.Fatalf("a webhook is not an event: %v", err)
		}
		all = append(all, strings.TrimPrefix(string(e.Type), "identity.verification_session."))
	}
	return all
}

func sameAnyOrder(a, b []string) bool {
	count := map[string]int{}
	for _, s := range a {
		count[s]++
	}
	for _, s := range b {
		count[s]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

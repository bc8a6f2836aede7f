package tests

import (
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"example.com/identity-starter/app"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/store"
)

// The team's code in a request is asked to end after a time, also while nobody has left.
func TestTeamInARequestHasADeadline(t *testing.T) {
	t.Parallel() // it waits
	var mu sync.Mutex
	hangs := ""
	hang := func(r *http.Request, name string) {
		mu.Lock()
		wait := hangs == name
		mu.Unlock()
		if wait {
			<-r.Context().Done()
		}
	}
	a := StartTeam(t, func(*settings.Reader) app.Team {
		return app.Team{
			SignIn:  func(r *http.Request) string { hang(r, "sign-in"); return "anna" },
			Prefill: func(r *http.Request, _ string) url.Values { hang(r, "prefill"); return nil },
		}
	})
	for _, name := range []string{"sign-in", "prefill"} {
		mu.Lock()
		hangs = name
		mu.Unlock()
		began := time.Now()
		if got := a.Browser().Post("/connect/authorize", nil); got.Status != http.StatusSeeOther || time.Since(began) > 12*time.Second {
			t.Errorf("a %s that waits for its context must not hold up the answer, got %d after %v", name, got.Status, time.Since(began))
		}
	}
}

// A monitor is answered while every connection that reads is taken.
func TestHealthIsAnsweredInTime(t *testing.T) {
	t.Parallel() // it waits
	a := Start(t)
	db, release := a.Parts().DB, make(chan struct{})
	var readers sync.WaitGroup
	for range 64 {
		readers.Go(func() {
			_, _ = store.List(t.Context(), db, func(store.Row) (int, error) { <-release; return 0, nil }, "SELECT 1")
		})
	}
	Eventually(t, "nobody else can read", func() bool {
		began := time.Now()
		got := a.API().Get("/healthz")
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("a monitor must be answered within 5 s, got %d after %v", got.Status, took)
		}
		return got.Status == http.StatusServiceUnavailable
	})
	close(release)
	readers.Wait()
	if got := a.API().Get("/healthz"); got.Status != http.StatusOK {
		t.Errorf("once it can be read again it must be well, got %d", got.Status)
	}
}

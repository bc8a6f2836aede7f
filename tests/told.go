package tests

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/identity-starter/app"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
)

// toldAt is the setting of a program whose team tells somebody of each outcome.
const toldAt = "TEAM_TOLD_AT"

// telling is Team, which POSTs each outcome to the address that TEAM_TOLD_AT may name, and has failed unless that is answered 200.
func telling(r *settings.Reader) app.Team {
	to := r.Text(toldAt)
	team := Team(r)
	if to == "" {
		return team
	}
	team.Outcome = func(ctx context.Context, log *slog.Logger, o outcomes.Outcome) error {
		body, err := json.Marshal(o)
		if err != nil {
			return err
		}
		request, err := http.NewRequestWithContext(ctx, "POST", to, strings.NewReader(string(body)))
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("the one who is told answered %d", response.StatusCode)
		}
		return nil
	}
	return team
}

// Told is who is told by the team: it keeps what it was told of each user, in order, also what it has refused.
type Told struct {
	Server *httptest.Server
	Refuse func(o outcomes.Outcome, before int) bool // before is how often it was told of that user; nil: nothing is refused
	mu     sync.Mutex
	of     map[string][]string
}

func NewTold(t *testing.T) *Told {
	t.Helper()
	told := &Told{of: map[string][]string{}}
	told.Server = httptest.NewServer(told)
	t.Cleanup(told.Server.Close)
	return told
}

func (told *Told) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var o outcomes.Outcome
	body, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(body, &o) != nil {
		return // who told it has been killed
	}
	told.mu.Lock()
	defer told.mu.Unlock()
	before := told.of[o.UserID]
	told.of[o.UserID] = append(before, o.What+" "+o.Key)
	if told.Refuse != nil && told.Refuse(o, len(before)) {
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// Of is what it was told of a user, in order: what came again at once, refused or not, is there once.
func (told *Told) Of(user string) (what []string) {
	told.mu.Lock()
	defer told.mu.Unlock()
	for _, entry := range slices.Compact(slices.Clone(told.of[user])) {
		what = append(what, strings.Fields(entry)[0])
	}
	return what
}

// Times is how often it was told of a user.
func (told *Told) Times(user string) int {
	told.mu.Lock()
	defer told.mu.Unlock()
	return len(told.of[user])
}

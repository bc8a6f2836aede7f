package tests

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
)

// Clock is the simulator's time, which a test can move.
type Clock struct {
	mu     sync.Mutex
	Offset time.Duration
}

func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.Offset)
}

func (c *Clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Offset += d
}

// Change writes into the program's database behind its back: it makes things old.
func (a *App) Change(query string, args ...any) {
	a.T.Helper()
	db := Raw(a.T, a.Database)
	defer db.Close()
	if _, err := db.ExecContext(a.T.Context(), spoken(a.Database, query), args...); err != nil {
		a.T.Fatalf("%s: %v", query, err)
	}
}

// Remembers says whether the text is anywhere in the database's files, or in a server's tables.
func (a *App) Remembers(text string) bool {
	a.T.Helper()
	if !store.IsFile(a.Database) {
		return len(Places(a.T, a.Database, text)) > 0
	}
	files, err := filepath.Glob(a.Database + "*")
	if err != nil || len(files) == 0 {
		a.T.Fatalf("the program must have a database: %v", err)
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			a.T.Fatal(err)
		}
		if strings.Contains(string(content), text) {
			return true
		}
	}
	return false
}

// Calls returns the calls that the simulator got for a method and path.
func (a *App) Calls(method, path string) []stripesim.Request {
	var list []stripesim.Request
	for _, r := range a.Asked() {
		if r.Method == method && r.Path == path {
			list = append(list, r)
		}
	}
	return list
}

func (a *App) Exchanges() int        { return len(a.Calls("POST", "/oauth/token")) }
func (a *App) Deauthorizations() int { return len(a.Calls("POST", "/oauth/deauthorize")) }

// Accounts are the rows of the table: id, user, and whether it is connected.
func (a *App) Accounts() string {
	a.T.Helper()
	return strings.Join(a.Rows("SELECT id, user_id, disconnected_at IS NULL FROM accounts ORDER BY id"), " ")
}

// NothingHappens runs a request and checks that it exchanged nothing and changed no account.
func (a *App) NothingHappens(request func() Answer) Answer {
	a.T.Helper()
	calls, accounts := len(a.Asked()), a.Accounts()
	got := request()
	for _, r := range a.Asked()[calls:] {
		a.T.Errorf("nothing must be sent to Stripe, but %s %s was", r.Method, r.Path)
	}
	if now := a.Accounts(); now != accounts {
		a.T.Errorf("no account may change: before %q, now %q", accounts, now)
	}
	return got
}

// Refused checks a refusal's code and status.
func (a Answer) Refused(t *testing.T, code string, status int) {
	t.Helper()
	if a.Status != status || a.Code() != code {
		t.Errorf("must be refused as %s with %d, got %d %s", code, status, a.Status, a.Body)
	}
}

// State clicks Connect with Stripe and returns the state that Stripe is given.
func (b *Browser) State() string {
	b.T.Helper()
	got := b.Post("/connect/authorize", nil)
	to, err := url.Parse(got.Location)
	if got.Status != 303 || err != nil || to.Query().Get("state") == "" {
		b.T.Fatalf("Connect must lead to Stripe with a state, got %d %q", got.Status, got.Location)
	}
	return to.Query().Get("state")
}

// Callback is the address to which Stripe sends a browser, as pairs of name and value.
func Callback(pairs ...string) string {
	var parts []string
	for i := 0; i < len(pairs); i += 2 {
		parts = append(parts, pairs[i]+"="+url.QueryEscape(pairs[i+1]))
	}
	return "/connect/callback?" + strings.Join(parts, "&")
}

// Connect connects an account, and fails the test when that does not work.
func (b *Browser) Connect(a *App, account string) {
	b.T.Helper()
	if got := b.Get(b.Authorize(a, account)); got.Status != 303 || got.Location != "/connect" {
		b.T.Fatalf("connecting %s must lead to the accounts, got %d %q\n%s", account, got.Status, got.Location, got.Body)
	}
}

// Merchant is a browser that has been here before.
func (a *App) Merchant() *Browser {
	b := a.Browser()
	b.Get("/connect")
	return b
}

var NextStep = regexp.MustCompile(`(?s)<main.*?(?:href|action)="([^"]*)"`)

// StartsConnectAgain checks that the page's own next step, not the menu, leads to a new attempt.
func (a Answer) StartsConnectAgain(t *testing.T) {
	t.Helper()
	if m := NextStep.FindStringSubmatch(a.Body); m == nil || m[1] != "/connect" && m[1] != "/connect/authorize" {
		t.Errorf("the page's next step must be to connect again, got %q\n%s", m, a.Body)
	}
}

// Deauthorized is an event about an account, created at that time; an empty account leaves it out.
func Deauthorized(id, account string, livemode bool, created time.Time) string {
	if account != "" {
		account = fmt.Sprintf(`"account":%q,`, account)
	}
	return fmt.Sprintf(`{"id":%q,"object":"event",%s"api_version":"2025-08-27.basil","created":%d,"livemode":%t,
		"type":"account.application.deauthorized","pending_webhooks":1,"request":{"id":null,"idempotency_key":null},
		"data":{"object":{"id":"ca_simulator","object":"application","name":"Simulated platform"}}}`,
		id, account, created.Unix(), livemode)
}

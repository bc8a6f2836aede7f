package main

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// clock is the simulator's time, which a test can move.
type clock struct {
	mu     sync.Mutex
	offset time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset)
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
}

// change writes into the program's database behind its back: it makes things old.
func (a *app) change(query string, args ...any) {
	a.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+a.database+"?_busy_timeout=5000")
	if err != nil {
		a.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(a.t.Context(), query, args...); err != nil {
		a.t.Fatalf("%s: %v", query, err)
	}
}

// remembers says whether the text is anywhere in the database's files.
func (a *app) remembers(text string) bool {
	a.t.Helper()
	files, err := filepath.Glob(a.database + "*")
	if err != nil || len(files) == 0 {
		a.t.Fatalf("the program must have a database: %v", err)
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			a.t.Fatal(err)
		}
		if strings.Contains(string(content), text) {
			return true
		}
	}
	return false
}

// calls returns the calls that the simulator got for a method and path.
func (a *app) calls(method, path string) []stripesim.Request {
	var list []stripesim.Request
	for _, r := range a.asked() {
		if r.Method == method && r.Path == path {
			list = append(list, r)
		}
	}
	return list
}

func (a *app) exchanges() int        { return len(a.calls("POST", "/oauth/token")) }
func (a *app) deauthorizations() int { return len(a.calls("POST", "/oauth/deauthorize")) }

// accounts are the rows of the table: id, user, and whether it is connected.
func (a *app) accounts() string {
	a.t.Helper()
	return strings.Join(a.rows("SELECT id, user_id, disconnected_at IS NULL FROM accounts ORDER BY id"), " ")
}

// nothingHappens runs a request and checks that it exchanged nothing and changed no account.
func (a *app) nothingHappens(request func() answer) answer {
	a.t.Helper()
	calls, accounts := len(a.asked()), a.accounts()
	got := request()
	for _, r := range a.asked()[calls:] {
		a.t.Errorf("nothing must be sent to Stripe, but %s %s was", r.Method, r.Path)
	}
	if now := a.accounts(); now != accounts {
		a.t.Errorf("no account may change: before %q, now %q", accounts, now)
	}
	return got
}

// refused checks a refusal's code and status.
func (a answer) refused(t *testing.T, code string, status int) {
	t.Helper()
	if a.status != status || a.code() != code {
		t.Errorf("must be refused as %s with %d, got %d %s", code, status, a.status, a.body)
	}
}

// state clicks Connect with Stripe and returns the state that Stripe is given.
func (b *browser) state() string {
	b.t.Helper()
	got := b.post("/connect/authorize", nil)
	to, err := url.Parse(got.location)
	if got.status != 303 || err != nil || to.Query().Get("state") == "" {
		b.t.Fatalf("Connect must lead to Stripe with a state, got %d %q", got.status, got.location)
	}
	return to.Query().Get("state")
}

// callback is the address to which Stripe sends a browser, as pairs of name and value.
func callback(pairs ...string) string {
	var parts []string
	for i := 0; i < len(pairs); i += 2 {
		parts = append(parts, pairs[i]+"="+url.QueryEscape(pairs[i+1]))
	}
	return "/connect/callback?" + strings.Join(parts, "&")
}

// connect connects an account, and fails the test when that does not work.
func (b *browser) connect(a *app, account string) {
	b.t.Helper()
	if got := b.get(b.authorize(a, account)); got.status != 303 || got.location != "/connect" {
		b.t.Fatalf("connecting %s must lead to the accounts, got %d %q\n%s", account, got.status, got.location, got.body)
	}
}

// merchant is a browser that has been here before.
func (a *app) merchant() *browser {
	b := a.browser()
	b.get("/connect")
	return b
}

var nextStep = regexp.MustCompile(`(?s)<main.*?(?:href|action)="([^"]*)"`)

// startsConnectAgain checks that the page's own next step, not the menu, leads to a new attempt.
func (a answer) startsConnectAgain(t *testing.T) {
	t.Helper()
	if m := nextStep.FindStringSubmatch(a.body); m == nil || m[1] != "/connect" && m[1] != "/connect/authorize" {
		t.Errorf("the page's next step must be to connect again, got %q\n%s", m, a.body)
	}
}

// deauthorized is an event about an account, created at that time; an empty account leaves it out.
func deauthorized(id, account string, livemode bool, created time.Time) string {
	if account != "" {
		account = fmt.Sprintf(`"account":%q,`, account)
	}
	return fmt.Sprintf(`{"id":%q,"object":"event",%s"api_version":"2025-08-27.basil","created":%d,"livemode":%t,
		"type":"account.application.deauthorized","pending_webhooks":1,"request":{"id":null,"idempotency_key":null},
		"data":{"object":{"id":"ca_simulator","object":"application","name":"Simulated platform"}}}`,
		id, account, created.Unix(), livemode)
}

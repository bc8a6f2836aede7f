package main

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/identity-starter/stripesim"
)

func TestAuthorizeParameters(t *testing.T) {
	a := start(t)
	got := a.browser().post("/connect/authorize", nil)
	to, err := url.Parse(got.location)
	if got.status != 303 || err != nil || to.Scheme+"://"+to.Host+to.Path != a.sim.ConnectURL()+"/oauth/authorize" {
		t.Fatalf("the button must lead to Stripe's authorize page, got %d %q", got.status, got.location)
	}
	q := to.Query()
	for name, want := range map[string]string{"response_type": "code", "client_id": "ca_simulator", "scope": "read_write",
		"redirect_uri": a.url + "/connect/callback"} {
		if !slices.Equal(q[name], []string{want}) {
			t.Errorf("%s must be sent once, as %q, got %q", name, want, q[name])
		}
	}
	state := q.Get("state")
	if raw, err := base64.RawURLEncoding.DecodeString(state); err != nil || len(raw) != 32 || len(state) != 43 {
		t.Errorf("the state must be 32 random bytes in base64url, got %q", state)
	}
	if a.remembers(state) {
		t.Error("the database must hold a hash of the state, never the state")
	}
	if len(a.asked()) != 0 {
		t.Error("a click on Connect must send nothing to Stripe by itself")
	}
}

// The first of three attacks that succeed against the public sample: no state and
// no cookie are equal, so an attacker's code is connected.
func TestAttackNoStateNoCookie(t *testing.T) {
	a := start(t)
	code := a.sim.IssueCode(stripesim.Code{})
	for _, stranger := range []*browser{a.browser(), a.api()} {
		got := a.nothingHappens(func() answer { return stranger.get(callback("code", code)) })
		if got.status != 403 {
			t.Errorf("a callback without state and cookie must be refused, got %d", got.status)
		}
		if got.header.Get("Set-Cookie") != "" {
			t.Error("a callback must not make a user of a stranger")
		}
	}
}

// The second: an error without state counts as success.
func TestAttackErrorCountedAsSuccess(t *testing.T) {
	a := start(t)
	merchant := a.merchant()
	code := a.sim.IssueCode(stripesim.Code{})
	for _, q := range [][]string{{"error", "access_denied"}, {"error", "access_denied", "code", code}, {"error", "", "code", code},
		{"error", "access_denied", "code", code, "state", merchant.state()}} {
		got := a.nothingHappens(func() answer { return merchant.asJSON().get(callback(q...)) })
		if got.status == 303 {
			t.Errorf("a callback with an error must never count as connected: %q led to %q", q, got.location)
		}
	}
	if got := merchant.get("/connect"); strings.Contains(got.body, "acct_") {
		t.Error("after an error no account may be listed")
	}
}

// The third: the same callback works again.
func TestAttackReplayedCallback(t *testing.T) {
	a := start(t)
	merchant := a.merchant()
	back := merchant.authorize(a, stripesim.AccountA)
	if got := merchant.get(back); got.status != 303 {
		t.Fatalf("the first callback must connect, got %d", got.status)
	}
	a.idle()
	a.nothingHappens(func() answer { return merchant.asJSON().get(back) }).refused(t, "invalid_state", 403)
	a.idle()
	if got := a.accounts(); got != stripesim.AccountA+"|"+merchant.user()+"|1" {
		t.Errorf("a replayed callback must leave the connection as it was, got %q", got)
	}
	if n := a.exchanges(); n != 1 {
		t.Errorf("a code must be exchanged once, got %d times", n)
	}
}

func TestStateRefused(t *testing.T) {
	a := start(t)
	merchant := a.merchant()
	used := merchant.state()
	merchant.get(callback("state", used, "code", a.sim.IssueCode(stripesim.Code{})))
	expired, good, other := merchant.state(), merchant.state(), merchant.state()
	a.change("UPDATE oauth_states SET expires_at = unixepoch() - 1 WHERE rowid = (SELECT min(rowid) FROM oauth_states)")
	code := a.sim.IssueCode(stripesim.Code{Account: stripesim.AccountB})
	for name, query := range map[string]string{
		"no state":                callback("code", code),
		"nothing at all":          "/connect/callback",
		"an empty state":          callback("code", code, "state", ""),
		"a repeated state":        callback("code", code, "state", good, "state", other),
		"the same state twice":    callback("code", code, "state", good, "state", good),
		"a repeated code":         callback("state", good, "code", code, "code", code),
		"an unknown state":        callback("code", code, "state", strings.Repeat("A", 43)),
		"a very long state":       callback("code", code, "state", strings.Repeat("A", 5000)),
		"a used state":            callback("code", code, "state", used),
		"an expired state":        callback("code", code, "state", expired),
		"a broken query":          "/connect/callback?state=" + good + "&code=" + code + "&x=%zz",
		"a state with a space":    callback("code", code, "state", good+" "),
		"a state in another case": callback("code", code, "state", strings.ToUpper(good)),
	} {
		t.Run(name, func(t *testing.T) {
			got := a.nothingHappens(func() answer { return merchant.asJSON().get(query) })
			got.refused(t, "invalid_state", 403)
			page := a.nothingHappens(func() answer { return merchant.get(query) })
			if page.status != 403 {
				t.Errorf("a refused state must be a page with 403, got %d", page.status)
			}
			page.startsConnectAgain(t)
		})
	}
	if strings.Contains(a.out.String(), code) || strings.Contains(a.out.String(), good) {
		t.Error("neither codes nor states may be in the log")
	}
}

// A state that another user brings is refused, and used up by that.
func TestStateOfAnotherUser(t *testing.T) {
	a := start(t)
	for name, thief := range map[string]*browser{"another user": a.merchant(), "a stranger": a.browser()} {
		owner := a.merchant()
		state, code := owner.state(), a.sim.IssueCode(stripesim.Code{})
		for _, who := range []*browser{thief, owner} {
			got := a.nothingHappens(func() answer { return who.asJSON().get(callback("state", state, "code", code)) })
			if got.status != 403 || got.code() != "invalid_state" {
				t.Errorf("a state in the hands of %s must be refused for ever, got %d %s", name, got.status, got.body)
			}
		}
	}
}

func TestStateUsedOnceInParallel(t *testing.T) {
	a := start(t)
	merchant := a.merchant()
	back := merchant.authorize(a, stripesim.AccountA)
	var wait sync.WaitGroup
	answers := make(chan int, 16)
	ready := make(chan struct{})
	for range 16 {
		wait.Go(func() {
			<-ready
			response, err := merchant.client.Do(merchant.request("GET", back, nil))
			if err != nil {
				t.Error(err)
				return
			}
			response.Body.Close()
			answers <- response.StatusCode
		})
	}
	close(ready)
	wait.Wait()
	close(answers)
	count := map[int]int{}
	for status := range answers {
		count[status]++
	}
	if count[303] != 1 || count[403] != 15 {
		t.Errorf("of 16 callbacks with one state one must connect and 15 be refused, got %v", count)
	}
	if n := a.exchanges(); n != 1 {
		t.Errorf("16 callbacks with one state must make one exchange, got %d", n)
	}
}

// A browser that fetches a page in advance must not use the state up.
func TestPrefetchUsesNothingUp(t *testing.T) {
	a := start(t)
	merchant := a.merchant()
	for header, value := range map[string]string{"Sec-Purpose": "prefetch;prerender", "Purpose": "prefetch", "X-Moz": "prefetch"} {
		back := merchant.authorize(a, stripesim.AccountA)
		request := merchant.request("GET", back, nil)
		request.Header.Set(header, value)
		if got := a.nothingHappens(func() answer { return merchant.send(request) }); got.status != 204 || got.body != "" {
			t.Errorf("a prefetch (%s) must get an empty 204, got %d", header, got.status)
		}
		if got := merchant.get(back); got.status != 303 {
			t.Errorf("after a prefetch (%s) the state must still be good, got %d", header, got.status)
		}
	}
}

// Several tabs are normal: ten states of a user are good at once, then the oldest goes.
func TestTenStatesForEachUser(t *testing.T) {
	a := start(t)
	merchant, other := a.merchant(), a.merchant()
	others := other.authorize(a, stripesim.AccountB)
	var backs []string
	for range 11 {
		backs = append(backs, merchant.authorize(a, stripesim.AccountA))
	}
	if got := a.rows("SELECT count(*) FROM oauth_states GROUP BY user_id ORDER BY 1"); !slices.Equal(got, []string{"1", "10"}) {
		t.Fatalf("a user must have ten states at most, and others keep theirs, got %q", got)
	}
	a.nothingHappens(func() answer { return merchant.asJSON().get(backs[0]) }).refused(t, "invalid_state", 403)
	for i, back := range slices.Backward(backs[1:]) {
		if got := merchant.get(back); got.status != 303 {
			t.Errorf("the ten newest states must be good in any order: number %d got %d", i+2, got.status)
		}
	}
	if got := other.get(others); got.status != 303 {
		t.Errorf("many tabs of one user must not spoil another's, got %d", got.status)
	}
}

func TestOldStatesAreRemoved(t *testing.T) {
	a := start(t)
	merchant := a.merchant()
	merchant.state()
	left := a.rows("SELECT expires_at - unixepoch() FROM oauth_states")
	var seconds int
	if _, err := fmt.Sscan(left[0], &seconds); err != nil || seconds < 7190 || seconds > 7201 {
		t.Errorf("a state must be good for two hours, got %q seconds", left)
	}
	a.change("UPDATE oauth_states SET expires_at = unixepoch() - 1")
	a.merchant().state()
	if got := a.rows("SELECT count(*) FROM oauth_states"); got[0] != "1" {
		t.Errorf("expired states must be removed, got %s rows", got[0])
	}
}

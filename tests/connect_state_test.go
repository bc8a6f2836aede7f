package tests

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/identity-starter/stripesim"
)

func TestAuthorizeParameters(t *testing.T) {
	a := Start(t)
	got := a.Browser().Post("/connect/authorize", nil)
	to, err := url.Parse(got.Location)
	if got.Status != 303 || err != nil || to.Scheme+"://"+to.Host+to.Path != a.Sim.ConnectURL()+"/oauth/authorize" {
		t.Fatalf("the button must lead to Stripe's authorize page, got %d %q", got.Status, got.Location)
	}
	q := to.Query()
	for name, want := range map[string]string{"response_type": "code", "client_id": "ca_simulator", "scope": "read_write",
		"redirect_uri": a.URL + "/connect/callback"} {
		if !slices.Equal(q[name], []string{want}) {
			t.Errorf("%s must be sent once, as %q, got %q", name, want, q[name])
		}
	}
	state := q.Get("state")
	if raw, err := base64.RawURLEncoding.DecodeString(state); err != nil || len(raw) != 32 || len(state) != 43 {
		t.Errorf("the state must be 32 random bytes in base64url, got %q", state)
	}
	if a.Remembers(state) {
		t.Error("the database must hold a hash of the state, never the state")
	}
	if len(a.Asked()) != 0 {
		t.Error("a click on Connect must send nothing to Stripe by itself")
	}
}

// The first of two attacks that succeed against the public sample: no state and
// no cookie are equal, so an attacker's code is connected.
func TestAttackNoStateNoCookie(t *testing.T) {
	a := Start(t)
	code := a.Sim.IssueCode(stripesim.Code{})
	for _, stranger := range []*Browser{a.Browser(), a.API()} {
		got := a.NothingHappens(func() Answer { return stranger.Get(Callback("code", code)) })
		if got.Status != 403 {
			t.Errorf("a callback without state and cookie must be refused, got %d", got.Status)
		}
		if got.Header.Get("Set-Cookie") != "" {
			t.Error("a callback must not make a user of a stranger")
		}
	}
}

// The second: an error without state counts as success.
func TestAttackErrorCountedAsSuccess(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	code := a.Sim.IssueCode(stripesim.Code{})
	for _, q := range [][]string{{"error", "access_denied"}, {"error", "access_denied", "code", code}, {"error", "", "code", code},
		{"error", "access_denied", "code", code, "state", merchant.State()}} {
		got := a.NothingHappens(func() Answer { return merchant.AsJSON().Get(Callback(q...)) })
		if got.Status == 303 {
			t.Errorf("a callback with an error must never count as connected: %q led to %q", q, got.Location)
		}
	}
	if got := merchant.Get("/connect"); strings.Contains(got.Body, "acct_") {
		t.Error("after an error no account may be listed")
	}
}

func TestStateRefused(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	used := merchant.State()
	merchant.Get(Callback("state", used, "code", a.Sim.IssueCode(stripesim.Code{})))
	expired, good, other := merchant.State(), merchant.State(), merchant.State()
	a.Change("UPDATE oauth_states SET expires_at = unixepoch() - 1 WHERE nr = (SELECT min(nr) FROM oauth_states WHERE callback = '')")
	code := a.Sim.IssueCode(stripesim.Code{Account: stripesim.AccountB})
	for name, query := range map[string]string{
		"no state":                Callback("code", code),
		"nothing at all":          "/connect/callback",
		"an empty state":          Callback("code", code, "state", ""),
		"a repeated state":        Callback("code", code, "state", good, "state", other),
		"the same state twice":    Callback("code", code, "state", good, "state", good),
		"a repeated code":         Callback("state", good, "code", code, "code", code),
		"an unknown state":        Callback("code", code, "state", strings.Repeat("A", 43)),
		"a very long state":       Callback("code", code, "state", strings.Repeat("A", 5000)),
		"a used state":            Callback("code", code, "state", used),
		"an expired state":        Callback("code", code, "state", expired),
		"a broken query":          "/connect/callback?state=" + good + "&code=" + code + "&x=%zz",
		"a state with a space":    Callback("code", code, "state", good+" "),
		"a state in another case": Callback("code", code, "state", strings.ToUpper(good)),
	} {
		t.Run(name, func(t *testing.T) {
			got := a.NothingHappens(func() Answer { return merchant.AsJSON().Get(query) })
			got.Refused(t, "invalid_state", 403)
			page := a.NothingHappens(func() Answer { return merchant.Get(query) })
			if page.Status != 403 {
				t.Errorf("a refused state must be a page with 403, got %d", page.Status)
			}
			page.StartsConnectAgain(t)
		})
	}
	if strings.Contains(a.Out.String(), code) || strings.Contains(a.Out.String(), good) {
		t.Error("neither codes nor states may be in the log")
	}
}

// Another browser's visit, such as that of a program that looks at links before people do, is refused and uses nothing up.
func TestStateOfAnotherUser(t *testing.T) {
	a := Start(t)
	for name, other := range map[string]*Browser{"another user": a.Merchant(), "a stranger": a.Browser()} {
		owner := a.Merchant()
		back := owner.Authorize(a, stripesim.AccountA)
		state := regexp.MustCompile(`state=[^&]*`).FindString(back)
		for _, query := range []string{back, "/connect/callback?" + state, "/connect/callback?error=access_denied&" + state} {
			got := a.NothingHappens(func() Answer { return other.AsJSON().Get(query) })
			if !strings.Contains(query, "error=") {
				got.Refused(t, "invalid_state", 403)
			}
		}
		if got := owner.Get(back); got.Status != 303 {
			t.Errorf("the visit of %s must not use up the owner's state, got %d %s", name, got.Status, got.Body)
		}
		for range 2 { // also once it is used
			a.NothingHappens(func() Answer { return other.AsJSON().Get(back) }).Refused(t, "invalid_state", 403)
		}
		owner.Post("/connect/accounts/"+stripesim.AccountA+"/disconnect", nil)
	}
}

func TestStateUsedOnceInParallel(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	back := merchant.Authorize(a, stripesim.AccountA)
	var wait sync.WaitGroup
	answers := make(chan int, 16)
	ready := make(chan struct{})
	for range 16 {
		wait.Go(func() {
			<-ready
			response, err := merchant.Client.Do(merchant.Request("GET", back, nil))
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
	if count[303] != 16 {
		t.Errorf("16 deliveries of one callback must all lead to the accounts, got %v", count)
	}
	if n := a.Exchanges(); n != 1 {
		t.Errorf("16 callbacks with one state must make one exchange, got %d", n)
	}
}

// A browser that fetches a page in advance must not use the state up.
func TestPrefetchUsesNothingUp(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	for header, value := range map[string]string{"Sec-Purpose": "prefetch;prerender", "Purpose": "prefetch", "X-Moz": "prefetch"} {
		back := merchant.Authorize(a, stripesim.AccountA)
		request := merchant.Request("GET", back, nil)
		request.Header.Set(header, value)
		if got := a.NothingHappens(func() Answer { return merchant.Send(request) }); got.Status != 204 || got.Body != "" {
			t.Errorf("a prefetch (%s) must get an empty 204, got %d", header, got.Status)
		}
		if got := merchant.Get(back); got.Status != 303 {
			t.Errorf("after a prefetch (%s) the state must still be good, got %d", header, got.Status)
		}
	}
}

// Several tabs are normal: ten states of a user are good at once, then the oldest goes.
func TestTenStatesForEachUser(t *testing.T) {
	a := Start(t)
	merchant, other := a.Merchant(), a.Merchant()
	others := other.Authorize(a, stripesim.AccountB)
	var backs []string
	for range 11 {
		backs = append(backs, merchant.Authorize(a, stripesim.AccountA))
	}
	if got := a.Rows("SELECT count(*) FROM oauth_states GROUP BY user_id ORDER BY 1"); !slices.Equal(got, []string{"1", "10"}) {
		t.Fatalf("a user must have ten states at most, and others keep theirs, got %q", got)
	}
	a.NothingHappens(func() Answer { return merchant.AsJSON().Get(backs[0]) }).Refused(t, "invalid_state", 403)
	for i, back := range slices.Backward(backs[1:]) {
		if got := merchant.Get(back); got.Status != 303 {
			t.Errorf("the ten newest states must be good in any order: number %d got %d", i+2, got.Status)
		}
	}
	if got := other.Get(others); got.Status != 303 {
		t.Errorf("many tabs of one user must not spoil another's, got %d", got.Status)
	}
}

func TestOldStatesAreRemoved(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	merchant.State()
	left := a.Rows("SELECT expires_at - unixepoch() FROM oauth_states")
	var seconds int
	if _, err := fmt.Sscan(left[0], &seconds); err != nil || seconds < 7190 || seconds > 7201 {
		t.Errorf("a state must be good for two hours, got %q seconds", left)
	}
	a.Change("UPDATE oauth_states SET expires_at = unixepoch() - 1")
	a.Merchant().State()
	if got := a.Rows("SELECT count(*) FROM oauth_states"); got[0] != "1" {
		t.Errorf("expired states must be removed, got %s rows", got[0])
	}
}

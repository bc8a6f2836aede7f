package tests

import (
	"net/http"
	"strings"
	"testing"
)

// Why somebody is taken for nobody, whom the sign-in has named, the log says: what is wrong with the name, not the name, and what to
// do. The page says that signing in again is no help.
func TestNamesThatAreRefusedAreSaid(t *testing.T) {
	for name, c := range map[string]struct {
		values []string
		says   []string
		page   string
	}{
		"umlauts":        {[]string{"j\u00fcrgen-marker"}, []string{"X-Auth-User", "other characters than printable ASCII", "an opaque id"}, "names you in a way"},
		"Latin-1":        {[]string{"j\xfcrgen-marker"}, []string{"X-Auth-User", "other characters than printable ASCII", "an opaque id"}, "names you in a way"},
		"too long":       {[]string{strings.Repeat("marker", 40)}, []string{"X-Auth-User", "more than 200 characters", "an opaque id"}, "names you in a way"},
		"a placeholder":  {[]string{"${marker}"}, []string{"X-Auth-User", "stands for nobody", "the sign-in's configuration"}, "names you in a way"},
		"an id of ours":  {[]string{"mail_marker"}, []string{"X-Auth-User", "begins like an id that is made here"}, "names you in a way"},
		"twice":          {[]string{"marker", "marker"}, []string{"more than one X-Auth-User", "proxy"}, "Please sign in first"},
		"nothing":        {nil, []string{"no X-Auth-User"}, "Please sign in first"},
		"an empty value": {[]string{""}, []string{"no X-Auth-User"}, "Please sign in first"},
	} {
		t.Run(name, func(t *testing.T) {
			a := Start(t, "AUTH_USER_HEADER=X-Auth-User")
			request := a.Browser().Request("GET", "/", nil)
			request.Header["X-Auth-User"] = c.values
			if got := a.Browser().Send(request); got.Status != 401 || !strings.Contains(got.Body, c.page) {
				t.Errorf("the page must be 401 and say %q, got %d\n%s", c.page, got.Status, got.Body)
			}
			for _, word := range c.says {
				a.Says(word)
			}
			if strings.Contains(a.Out.String(), "marker") {
				t.Errorf("the log must not hold the name, got\n%s", a.Out)
			}
		})
	}
	p := NewPeers(t, "AUTH_USER_HEADER=X-Auth-User", "TRUSTED_PROXIES=192.0.2.0/24")
	if got := p.Ask("GET", "/", "198.51.100.1:1", http.Header{"X-Auth-User": {"marker"}, "Accept": {"text/html"}}); !strings.Contains(got.Body, "Please sign in first") {
		t.Errorf("whoever is not to be believed must learn nothing, got %s", got.Body)
	}
	p.Says("TRUSTED_PROXIES")
	if strings.Contains(p.Out.String(), "marker") {
		t.Errorf("the log must not hold the name, got\n%s", p.Out)
	}
}

// The same of a team's own sign-in.
func TestNamesOfTheTeamsSignInThatAreRefusedAreSaid(t *testing.T) {
	a := StartTeam(t, signsIn)
	if got := a.Browser().named("j\u00fcrgen-marker", "GET", "/"); got.Status != 401 || !strings.Contains(got.Body, "names you in a way") {
		t.Errorf("the page must be 401 and say why, got %d\n%s", got.Status, got.Body)
	}
	a.Says("SignIn names somebody by what has other characters than printable ASCII")
	if strings.Contains(a.Out.String(), "marker") {
		t.Errorf("the log must not hold the name, got\n%s", a.Out)
	}
}

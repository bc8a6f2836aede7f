//go:build deploy

// This test runs the Caddy of docs/deploy in front of the program. .ci/deploy gets
// Caddy and says where it is.

package docs_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"example.com/identity-starter/tests"
)

// behindCaddy starts Caddy between a browser and the program, and returns its address.
func behindCaddy(t *testing.T, a *tests.App, signIn string) string {
	t.Helper()
	free, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(free.Addr().String())
	_ = free.Close()
	site := "http://localhost:" + port
	config, err := os.ReadFile("deploy/Caddyfile")
	if err != nil {
		t.Fatal(err)
	}
	file := t.TempDir() + "/Caddyfile"
	if err := os.WriteFile(file, []byte("{\n\tadmin off\n}\n"+string(config)), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), os.Getenv("CADDY"), "run", "--adapter", "caddyfile", "--config", file)
	command.Env = append(os.Environ(), "SITE="+site, "APP="+strings.TrimPrefix(a.URL, "http://"), "AUTH="+strings.TrimPrefix(signIn, "http://"),
		"XDG_CONFIG_HOME="+t.TempDir(), "XDG_DATA_HOME="+t.TempDir())
	said := tests.NewOutput()
	command.Stderr = said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait() // ended by the signal
		if t.Failed() {
			t.Log(said)
		}
	})
	tests.Eventually(t, "Caddy answers", func() bool {
		response, err := http.Get(site + "/healthz")
		if err == nil {
			_ = response.Body.Close()
		}
		return err == nil && response.StatusCode == 200
	})
	return site
}

func TestSignInThroughCaddy(t *testing.T) {
	signIn := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cookie, err := r.Cookie("signed_in")
		switch {
		case r.URL.Path != "/oauth2/auth" || err != nil:
			w.WriteHeader(http.StatusUnauthorized)
		case cookie.Value != "nameless":
			w.Header().Set("X-Auth-Request-User", cookie.Value)
			w.WriteHeader(http.StatusAccepted)
		}
	}))
	t.Cleanup(signIn.Close)
	a := tests.Start(t, "AUTH_USER_HEADER=X-Auth-User")
	b := a.API()
	b.Base = behindCaddy(t, a, signIn.URL)
	create := func(cookie string) tests.Answer {
		request := b.Request("POST", "/create-verification-session", nil)
		request.Header.Set("X-Auth-User", "mallory")
		if cookie != "" {
			request.Header.Set("Cookie", "signed_in="+cookie)
		}
		return b.Send(request)
	}
	if got := create(""); got.Status != 302 || !strings.HasPrefix(got.Location, "/oauth2/sign_in?rd=/create") {
		t.Errorf("who is not signed in must be sent to the sign-in, got %d %q", got.Status, got.Location)
	}
	if got := create("nameless"); got.Status != 401 || got.Code() != "sign_in_required" {
		t.Errorf("a header of the client's must never get through, got %d %s", got.Status, got.Body)
	}
	if got := create("anna-1"); got.Status != 200 {
		t.Errorf("who is signed in must be let through, got %d %s", got.Status, got.Body)
	}
	if s := a.Sim.Sessions(); len(s) != 1 || s[0].UserID != "anna-1" {
		t.Errorf("the user must be the one that the sign-in names, got %+v", s)
	}
	for route, want := range map[string]int{"GET /healthz": 200, "GET /static/style.css": 200, "POST /webhook": 400} {
		method, path, _ := strings.Cut(route, " ")
		if got := b.Do(method, path, nil); got.Status != want {
			t.Errorf("%s must need no sign-in, got %d", route, got.Status)
		}
	}
}

package tests

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"example.com/identity-starter/app"
)

// named asks as somebody whom the sign-in in front and the team's own name alike.
func (b *Browser) named(user, method, path string) Answer {
	b.T.Helper()
	request := b.Request(method, path, nil)
	request.Header["X-Auth-User"], request.Header["X-Own-Session"] = []string{user}, []string{user}
	return b.Send(request)
}

// eachSignIn runs a story with the header of a proxy, and with a team's own sign-in.
func eachSignIn(t *testing.T, story func(t *testing.T, a *App)) {
	t.Helper()
	for name, team := range map[string]app.NewTeam{"header": Team, "own sign-in": signsIn} {
		t.Run(name, func(t *testing.T) { story(t, StartTeam(t, team, "AUTH_USER_HEADER=X-Auth-User")) })
	}
}

// hashOf is what anybody can work out who knows an address.
func hashOf(address string) string {
	sum := sha256.Sum256([]byte(address))
	return hex.EncodeToString(sum[:16])
}

// Whoever may choose a name at the sign-in is nobody whom the program has named itself.
func TestOurIDsAreNobodysNames(t *testing.T) {
	eachSignIn(t, func(t *testing.T, a *App) {
		const victim = "victim@corp.example"
		if got := a.API().named(victim, "POST", CreatePath); got.Status != 200 {
			t.Fatalf("an address must do, got %d %s", got.Status, got.Body)
		}
		a.Finish(a.Sim.Sessions()[0].ID, "verified")
		if got := a.Browser().named(victim, "GET", "/members"); got.Status != 200 {
			t.Fatalf("who is verified must get in, got %d", got.Status)
		}
		forged := a.Rows("SELECT user_id FROM users")[0]
		if forged != "mail_"+hashOf(victim) {
			t.Fatalf("an address must be kept as its hash, got %q", forged)
		}
		for _, id := range []string{forged, "mail_", "anon_" + hashOf("x"), "forgotten_ABCDEF", "forgotten_"} {
			for _, path := range []string{"/members", "/verification/status", "/connect"} {
				if got := a.API().named(id, "GET", path); got.Status != 401 || got.Code() != "sign_in_required" {
					t.Errorf("%s is made here, and nobody signs in under it: %s must be refused, got %d", id, path, got.Status)
				}
			}
		}
		for _, id := range []string{"mailbox-7", "MAIL_7", "anonymous_", "x mail_7", "forgotten"} {
			if got := a.API().named(id, "POST", CreatePath); got.Status != 200 {
				t.Errorf("%s is a name as any other, got %d", id, got.Status)
			}
		}
	})
}

// An address is the same person's, whatever the case in which it was typed; any other id is taken as it is.
func TestAnAddressInAnyCase(t *testing.T) {
	eachSignIn(t, func(t *testing.T, a *App) {
		for _, id := range []string{"Anna.Muster@Example.com", "anna.muster@example.com", "ANNA.MUSTER@EXAMPLE.COM"} {
			if got := a.API().named(id, "POST", CreatePath); got.Status != 200 {
				t.Errorf("an address must do, got %d %s", got.Status, got.Body)
			}
		}
		if got := a.Rows("SELECT DISTINCT user_id FROM verifications"); fmt.Sprint(got) != "[mail_"+hashOf("anna.muster@example.com")+"]" {
			t.Errorf("one address must be one user, by its lower-case form, got %q", got)
		}
		a.Finish(a.Sim.Sessions()[0].ID, "verified")
		if got := a.Browser().named("Anna.muster@example.COM", "GET", "/members"); got.Status != 200 {
			t.Errorf("who is verified is so in any spelling, got %d", got.Status)
		}
		if got := a.API().named("Customer-7", "POST", CreatePath); got.Status != 200 {
			t.Fatal(got.Status)
		}
		if got := a.Browser().named("customer-7", "GET", "/verification/status"); !strings.Contains(got.Body, `"none"`) {
			t.Errorf("ids that are no addresses are told apart by their case, got %s", got.Body)
		}
	})
}

// What a proxy sends where it knows nobody would make one user of all such people.
func TestAPlaceholderIsNobody(t *testing.T) {
	eachSignIn(t, func(t *testing.T, a *App) {
		for _, id := range []string{"(null)", "null", "NULL", "nil", "None", "undefined", "-", "$remote_user", "${user}", "%{REMOTE_USER}e",
			"{http.auth.user.id}", "{{ user }}", "{}", "$user@example.com", "{00112233-4455-6677-8899-aabbccddeef}"} {
			for _, path := range []string{"/", "/verification/status", "/members"} {
				if got := a.API().named(id, "GET", path); got.Status != 401 || got.Code() != "sign_in_required" {
					t.Errorf("%s stands for nobody: %s must be refused, got %d", id, path, got.Status)
				}
			}
		}
		for _, id := range []string{"{00112233-4455-6677-8899-AABBccddeeff}", "nullable", "--", "a$b", "100%", "{half"} {
			if got := a.API().named(id, "POST", CreatePath); got.Status != 200 {
				t.Errorf("%s is somebody, got %d", id, got.Status)
			}
		}
	})
}

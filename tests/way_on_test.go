package tests

import (
	"strings"
	"testing"
)

// Who has to sign in is led to where that is done, and who is verified to where he goes on.
func TestWaysOn(t *testing.T) {
	for _, to := range []string{"/account", "/account?from=verify&again=1", "https://shop.example.test", "https://shop.example.test:8443/in?next=%2Fa#top"} {
		t.Run(to, func(t *testing.T) {
			a := Start(t, "AUTH_USER_HEADER=X-Auth-User", "SIGN_IN_URL="+to, "CONTINUE_URL="+to)
			nobody := a.Browser()
			for _, path := range []string{"/", "/verification.html", "/verification/return", "/members", "/connect"} {
				got := nobody.Get(path)
				if got.Status != 401 {
					t.Errorf("%s must be 401 for nobody, got %d", path, got.Status)
				}
				if lead := actionsOf(t, got); len(lead) != 1 || lead[0] != to {
					t.Errorf("%s must lead nobody to SIGN_IN_URL, %q, with its one button, got %q", path, to, lead)
				}
			}
			nobody.AsJSON().Get("/members").Refused(t, "sign_in_required", 401)

			person := a.Browser().As("ada", "X-Auth-User", "ada")
			if got := person.Get("/members"); got.Status != 303 || got.Location != "/verification.html" {
				t.Errorf("the gate must send whoever is not verified to the verification page all the same, got %d %q", got.Status, got.Location)
			}
			person.Get("/").leadsTo(t, "the page for who is not verified yet", CreatePath)
			a.Finish(person.Verify(a).ID, "verified")
			for _, path := range []string{"/", "/verification.html", "/verification/return"} {
				if lead := actionsOf(t, person.Get(path)); len(lead) != 1 || lead[0] != to {
					t.Errorf("%s must lead who is verified to CONTINUE_URL, %q, with its one button, got %q", path, to, lead)
				}
			}
			if got := person.Get("/members"); got.Status != 200 {
				t.Errorf("the gate must let who is verified in, wherever CONTINUE_URL leads, got %d", got.Status)
			}
		})
	}
}

// A page that waits has the way on with it, for the script to show.
func TestWayOnIsThereWhileAPageWaits(t *testing.T) {
	a := Start(t, "CONTINUE_URL=/account")
	person := a.Browser()
	a.Finish(person.Verify(a).ID, "processing")
	if got := person.Get("/"); !strings.Contains(got.Body, `href="/account"`) || len(actionsOf(t, got)) > 1 {
		t.Errorf("the page must have the link to CONTINUE_URL, hidden until it is of use, got main actions %q", actionsOf(t, got))
	}
}

// Without them, the page says what it can: there is nowhere to sign in, and the example of a page behind the gate is where people go on.
func TestWaysOnByDefault(t *testing.T) {
	a := Start(t, "AUTH_USER_HEADER=X-Auth-User")
	a.Browser().Get("/members").leadsTo(t, "the page for nobody", "/")
	person := a.Browser().As("ada", "X-Auth-User", "ada")
	a.Finish(person.Verify(a).ID, "verified")
	person.Get("/").leadsTo(t, "the page for who is verified", "/members")
}

// Whose name the sign-in has spoilt, signing in again does not help: the way on is to tell somebody.
func TestBadNamesAreNotSentToSignInAgain(t *testing.T) {
	a := Start(t, "AUTH_USER_HEADER=X-Auth-User", "SIGN_IN_URL=/login", "SUPPORT_URL="+help)
	got := a.Browser().As("nobody", "X-Auth-User", "null").Get("/")
	if got.Status != 401 {
		t.Fatalf("a placeholder is nobody: it must be 401, got %d", got.Status)
	}
	got.leadsTo(t, "the page for whom signing in does not help", help)
}

// An address that leads elsewhere than it looks is refused at the start, in a line that names the variable and shows no value.
func TestWaysOnThatAreRefused(t *testing.T) {
	database := Database(t)
	live := []string{"STRIPE_SECRET_KEY=sk_live_simulator", "BASE_URL=https://verify.example.test", "AUTH_USER_HEADER=X-Auth-User",
		"SUPPORT_URL=" + help, "DATABASE_URL=" + database}
	for _, name := range []string{"SIGN_IN_URL", "CONTINUE_URL"} {
		for _, value := range []string{"javascript:marker()", "JavaScript:marker", "data:text/html,marker", "//marker.example.test/in", "///marker.example.test",
			`/\marker.example.test`, `\\marker.example.test`, "marker", "marker/in", "./marker", "?next=marker", "#marker", "http://marker.example.test/in",
			"https://", "https:marker", "https:///marker", "https://marker@shop.example.test/", "https://ada:marker@shop.example.test/", "https://shop.example.test:marker/",
			"https://mar ker.example.test", "https://[marker", "mailto:marker@example.test", "ftp://marker.example.test", "/marker\nSet-Cookie: a=b", "/mark\ter", "/%zzmarker"} {
			t.Run(name+"="+value, func(t *testing.T) {
				line := refusesToStart(t, name+"="+value, "DATABASE_URL="+database)
				if !strings.HasPrefix(line, name+": ") || len(strings.Fields(line)) < 5 || strings.Contains(strings.ToLower(line), "mark") || strings.Contains(line, "shop.") {
					t.Errorf("%s=%q must be refused in a line that starts with the name, says what to do and shows no value, got %q", name, value, line)
				}
			})
		}
		line := refusesToStart(t, append(live, name+"=http://marker.example.test/in")...)
		if !strings.HasPrefix(line, name+": ") || !strings.Contains(line, "https") {
			t.Errorf("with a live key %s must be https or a path, and the line say so, got %q", name, line)
		}
	}
}

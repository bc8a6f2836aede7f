package tests

import (
	"net/http"
	"net/url"
	"testing"

	"example.com/identity-starter/app"
	"example.com/identity-starter/settings"
)

// A team's own sign-in may read a form, such as for a token in it: what else was sent is there for whoever comes after it.
func TestSignInMayReadTheForm(t *testing.T) {
	prefilled := make(chan string, 1)
	a := StartTeam(t, func(*settings.Reader) app.Team {
		return app.Team{
			SignIn: func(r *http.Request) string { return r.FormValue("token") },
			Prefill: func(r *http.Request, _ string) url.Values {
				prefilled <- r.PostFormValue("business")
				return nil
			},
		}
	})
	person := a.API()
	form := url.Values{"token": {"anna"}, "email": {"anna@example.test"}, "business": {"Bakery"}}
	if got := person.Post(CreatePath, form); got.Status != 200 {
		t.Fatalf("who is signed in must be served, got %d %s", got.Status, got.Body)
	}
	if sent := a.Creates()[0].Form.Get("provided_details[email]"); sent != "anna@example.test" {
		t.Errorf("the address of the form must reach Stripe, also where the sign-in has read the form, got %q", sent)
	}
	if got := person.Post("/connect/authorize", form); got.Status != 303 {
		t.Fatalf("who is signed in must be served, got %d %s", got.Status, got.Body)
	}
	if got := <-prefilled; got != "Bakery" {
		t.Errorf("what the form says of a merchant must be there for Prefill, also where the sign-in has read the form, got %q", got)
	}
}

package tests

import (
	"net/http"
	"testing"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/handlers"
)

// A page of an extra's behind the gate is for verified people, and for nobody else.
func TestGateOfAnExtra(t *testing.T) {
	a := StartTeam(t, With(func(extras.Program) extras.Extra {
		return extras.Extra{Name: "club", Routes: func(w *handlers.Web) {
			welcome := func(c echo.Context) error { return c.String(http.StatusOK, handlers.UserID(c)) }
			w.Get("/club", welcome, w.Identify(false), w.RequireVerified())
		}}
	}))
	stranger, person := a.Browser(), a.Browser()
	person.Get("/")
	for name, b := range map[string]*Browser{"a stranger": stranger, "who is not verified": person} {
		if got := b.Get("/club"); got.Status != http.StatusSeeOther || got.Location != "/verification.html" {
			t.Errorf("%s must be sent to the verification page, got %d %q", name, got.Status, got.Location)
		}
	}
	a.Finish(person.Verify(a).ID, "verified")
	person.Get("/verification/return")
	if got := person.Get("/club"); got.Status != http.StatusOK || got.Body != person.User() {
		t.Errorf("who is verified must be let in, got %d %q", got.Status, got.Body)
	}
}

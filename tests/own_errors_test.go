package tests

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/store"
)

// What a team's error says besides what it quotes is in the log: which of its calls failed, and how.
func TestOwnErrorsStayReadable(t *testing.T) {
	nobody, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()
	a := StartTeam(t, own(extras.Extra{Routes: func(w *handlers.Web) {
		w.Get("/own/call", func(c echo.Context) error {
			r, err := http.NewRequestWithContext(c.Request().Context(), "GET", "http://"+nobody.Addr().String()+"/"+c.QueryParam("typed"), nil)
			if err != nil {
				return err
			}
			_, err = http.DefaultClient.Do(r) //nolint:bodyclose // there is no answer
			return fmt.Errorf("ask the warehouse: %w", err)
		})
		w.Get("/own/number", func(c echo.Context) error {
			_, err := strconv.Atoi(c.QueryParam("typed"))
			return fmt.Errorf("read the size: %w", err)
		})
		w.Get("/own/both", func(c echo.Context) error {
			_, first := url.Parse("http://%zz" + c.QueryParam("typed"))
			_, second := strconv.Atoi(c.QueryParam("typed"))
			return fmt.Errorf("read it: %w, nor so: %w", first, second)
		})
		w.Get("/own/bind", func(c echo.Context) error {
			return c.Bind(&struct {
				Typed netip.Addr `query:"typed"`
			}{})
		})
		w.Get("/own/note", func(c echo.Context) error {
			handlers.Note(c, "kind", store.Status(c.QueryParam("typed")), "list", []string{c.QueryParam("typed")}, "status", store.Verified, "odd", 7, "wrong", nil)
			return nil
		})
	}}))
	for _, name := range []string{"call", "number", "both", "bind", "note"} {
		a.Browser().Get("/own/" + name + "?typed=" + url.QueryEscape("Wilhelmina Quixote"))
	}
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	if log := a.Out.String(); strings.Contains(log, "Wilhelmina") {
		t.Errorf("nothing that somebody typed may be logged, got\n%s", log)
	}
	for _, told := range []string{"ask the warehouse: Get: dial tcp", "connection refused", "read the size: strconv.NumError",
		"read it: url.Error, which quotes what it was given, nor so: strconv.NumError", "netip.parseAddrError", "status=verified odd=7 wrong=<nil>"} {
		if !strings.Contains(a.Out.String(), told) {
			t.Errorf("the log must say %s, got\n%s", told, a.Out)
		}
	}
}

// What a page of a team's own refuses in Echo's way, or has Bind refuse, is the client's mistake: not ours, of which the log would
// tell as an error.
func TestOwnPagesRefuse(t *testing.T) {
	a := StartTeam(t, own(extras.Extra{Routes: func(w *handlers.Web) {
		w.Get("/own/bind", func(c echo.Context) error {
			return c.Bind(&struct {
				Typed int `query:"typed"`
			}{})
		})
		w.Get("/own/missing", func(echo.Context) error { return echo.NewHTTPError(http.StatusNotFound, "no such loan") })
		w.Get("/own/forbidden", func(echo.Context) error { return fmt.Errorf("look: %w", echo.ErrForbidden) })
		w.Get("/own/broken", func(echo.Context) error { return echo.ErrServiceUnavailable })
	}}))
	for path, want := range map[string]string{"bind?typed=x": "400 bad_request", "missing": "404 not_found", "forbidden": "403 bad_request", "broken": "500 internal"} {
		if got := a.API().Get("/own/" + path); fmt.Sprint(got.Status, " ", got.Code()) != want {
			t.Errorf("/own/%s must be answered %s, got %d %s", path, want, got.Status, got.Body)
		}
	}
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	if log := a.Out.String(); strings.Count(log, "level=ERROR") != 1 {
		t.Errorf("only what is our fault may be an error, got\n%s", log)
	}
}

package tests

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/store"
)

// What a page of a team's own does with what was sent, notes of it and fails with is not in the log either, when a parser,
// Echo's or another, quotes it. A panic of Go's own is told.
func TestOwnPagesLogNothingTyped(t *testing.T) {
	const typed = "Wilhelmina Quixote"
	pages := map[string]func(c echo.Context) error{
		"number": func(c echo.Context) error { _, err := strconv.Atoi(c.QueryParam("typed")); return err },
		"url":    func(c echo.Context) error { _, err := url.Parse("http://%zz" + c.QueryParam("typed")); return err },
		"time":   func(c echo.Context) error { _, err := time.Parse(time.DateOnly, c.QueryParam("typed")); return err },
		"json": func(c echo.Context) error {
			return json.Unmarshal([]byte(`{"`+c.QueryParam("typed")+`":`), new(map[string]int))
		},
		"bind": func(c echo.Context) error {
			return c.Bind(&struct {
				Typed int `query:"typed"`
			}{})
		},
		"words": func(c echo.Context) error { return echo.NewHTTPError(http.StatusBadRequest, c.QueryParam("typed")) },
		"panic": func(c echo.Context) error { panic(c.QueryParam("typed")) },
		"error": func(c echo.Context) error { panic(errors.New(c.QueryParam("typed"))) },
		"note": func(c echo.Context) error {
			_, err := strconv.Atoi(c.QueryParam("typed"))
			handlers.Note(c, "text", c.QueryParam("typed"), "error", err, "id", "own_1.2-3")
			return nil
		},
		"index": func(c echo.Context) error { return []error{}[len(c.QueryParams())] },
	}
	a := StartTeam(t, own(extras.Extra{Routes: func(w *handlers.Web) {
		pages["transaction"] = func(c echo.Context) error {
			return w.DB.InTx(c.Request().Context(), func(context.Context, *store.Tx) error { return deep(c.QueryParam("typed")) })
		}
		for name, page := range pages {
			w.Get("/own/"+name, page)
		}
	}}), "LOG_LEVEL=debug")
	for name := range pages {
		if got := a.Browser().Get("/own/" + name + "?typed=" + url.QueryEscape(typed)); got.Status == 404 {
			t.Errorf("the page %s must be there", name)
		}
	}
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(a.Out.String()) {
		if strings.Contains(line, "Wilhelmina") || strings.Contains(line, "Quixote") {
			t.Errorf("nothing that somebody typed may be logged, got %.300s", line)
		}
	}
	for _, told := range []string{"route=/own/number status=500", "id=own_1.2-3", "index out of range", "panic: see where", ".deep("} {
		if !strings.Contains(a.Out.String(), told) {
			t.Errorf("the log must go on to say %s, got\n%s", told, a.Out)
		}
	}
}

//go:noinline
func deep(typed string) error { panic(typed) }

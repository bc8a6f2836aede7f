package tests

import (
	"context"
	"testing"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/handlers"
)

// A fault of a page shows in the log also where the person has left meanwhile; that alone is none.
func TestFaultAfterTheClientHasLeft(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	wait := func(c echo.Context) {
		entered <- struct{}{}
		<-c.Request().Context().Done()
		<-leave
	}
	a := StartTeam(t, own(extras.Extra{Routes: func(w *handlers.Web) {
		w.Get("/own/panic", func(c echo.Context) error { wait(c); return []error{}[len(c.QueryParams())] })
		w.Get("/own/read", func(c echo.Context) error { wait(c); _, err := w.DB.User(c.Request().Context(), "anna"); return err })
	}}))
	for _, path := range []string{"/own/panic", "/own/read"} {
		ctx, cancel := context.WithCancel(t.Context())
		b := a.Browser()
		request := b.Request("GET", path, nil).WithContext(ctx)
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			if response, err := b.Client.Do(request); err == nil {
				response.Body.Close()
			}
		}()
		<-entered
		cancel()
		<-gone
		leave <- struct{}{}
	}
	a.Says("level=INFO msg=request method=GET route=/own/read")
	a.Says(`error="client left`)
	a.Says("level=ERROR msg=request method=GET route=/own/panic status=500")
	a.Says("index out of range")
}

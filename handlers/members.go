package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/store"
	"example.com/identity-starter/templates"
)

// RequireVerified is the gate: a team or an extra puts it, after w.Identify, in front
// of every route that is for verified people only. Everybody else is sent to the
// verification page.
func (w *Web) RequireVerified() echo.MiddlewareFunc {
	return before(func(c echo.Context) error {
		user, err := w.DB.User(c.Request().Context(), UserID(c))
		if err != nil {
			return err
		}
		if !user.Verified {
			return c.Redirect(http.StatusSeeOther, "/verification.html")
		}
		c.Set("verified", user)
		return nil
	})
}

// showMembers is an example of what verification is for.
func (w *Web) showMembers(c echo.Context) error {
	page := templates.Members{UserID: UserID(c)}
	if user, _ := c.Get("verified").(store.User); user.Newest != nil && user.Newest.Status == store.Verified {
		page.Since = w.pages.Date(lang(c), user.Newest.NewsAt)
	}
	return c.Render(http.StatusOK, "members", page)
}

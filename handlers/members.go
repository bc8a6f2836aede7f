package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/store"
	"example.com/identity-starter/templates"
)

// requireVerified is the gate: put it in front of every route that is for
// verified users only. Others are sent to the verification page.
func requireVerified(db *store.DB) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			user, err := db.User(c.Request().Context(), UserID(c))
			if err != nil {
				return err
			}
			if !user.Verified {
				return c.Redirect(http.StatusSeeOther, "/verification.html")
			}
			c.Set("verified", user)
			return next(c)
		}
	}
}

// showMembers is an example of what verification is for.
func showMembers(c echo.Context) error {
	page := templates.Members{UserID: UserID(c)}
	if user, _ := c.Get("verified").(store.User); user.Newest != nil && user.Newest.Status == store.Verified {
		page.Since = date(c, user.Newest.NewsAt)
	}
	return c.Render(http.StatusOK, "members", page)
}

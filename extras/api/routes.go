package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/handlers"
	"example.com/identity-starter/store"
)

var (
	errToken  = errors.New("no token, or a wrong one")
	errUserID = errors.New("nobody can be named so")
)

// mount adds the routes. They are on no group: Echo's groups answer 404 where it should be 405.
func mount(w *handlers.Web, token, returnTo string) {
	u, only := users{w, returnTo}, requireToken(token)
	w.Get("/api/users/:id", u.show, only)
	w.POST("/api/users/:id/verification-session", u.start, only)
	w.Get("/api/users/:id/accounts", u.accounts, only)
}

// requireToken lets the app in. Whoever guesses learns nothing from the time that it takes, and costs nobody anything.
func requireToken(token string) echo.MiddlewareFunc {
	right := sha256.Sum256([]byte(token))
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			scheme, given, _ := strings.Cut(c.Request().Header.Get(echo.HeaderAuthorization), " ")
			found := sha256.Sum256([]byte(strings.TrimSpace(given)))
			if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(right[:], found[:]) == 0 {
				c.Response().Header().Set(echo.HeaderWWWAuthenticate, "Bearer")
				return errToken
			}
			return next(c)
		}
	}
}

type users struct {
	*handlers.Web
	returnTo string // where Stripe sends people back to
}

// standing is where a user stands.
type standing struct {
	UserID       string `json:"user_id"` // as it is kept, and as outcomes tell it: of an address, a hash
	Verified     bool   `json:"verified"`
	Status       string `json:"status"`
	Code         string `json:"code"`
	AttemptsLeft int    `json:"attempts_left"`
	NeedsReview  bool   `json:"needs_review"`
	UpdatedAt    int64  `json:"updated_at"`
}

// show asks nobody but the database: an app may do so for each of its pages.
func (u users) show(c echo.Context) error {
	id, err := userID(c, store.KnownID)
	if err != nil {
		return err
	}
	user, err := u.DB.User(c.Request().Context(), id)
	if err != nil {
		return err
	}
	s := standing{UserID: id, Verified: user.Verified, AttemptsLeft: user.AttemptsLeft, NeedsReview: user.NeedsReview, UpdatedAt: user.UpdatedAt}
	s.Status, s.Code = handlers.StatusOf(user)
	return c.JSON(http.StatusOK, s)
}

// start does what the button does, for whom the app names.
func (u users) start(c echo.Context) error {
	id, err := userID(c, store.UserID)
	if err != nil {
		return err
	}
	return u.StartSession(c, id, echo.MIMEApplicationJSON, u.returnTo)
}

// account is a Stripe account that a user has connected.
type account struct {
	ID          string `json:"id"`
	Scope       string `json:"scope"`
	ConnectedAt int64  `json:"connected_at"`
}

func (u users) accounts(c echo.Context) error {
	id, err := userID(c, store.KnownID)
	if err != nil {
		return err
	}
	connected, err := u.DB.Accounts(c.Request().Context(), id)
	if err != nil {
		return err
	}
	list := []account{}
	for _, a := range connected {
		list = append(list, account{a.ID, a.Scope, a.ConnectedAt.Unix()})
	}
	return c.JSON(http.StatusOK, map[string][]account{"accounts": list})
}

// userID is the id under which the user is kept whom the path names. Echo takes the path as it was sent where its
// usual encoding is another one, and decoded everywhere else: what is decoded once must not be decoded again.
func userID(c echo.Context, kept func(named string) string) (string, error) {
	named := c.Param("id")
	if c.Request().URL.RawPath != "" {
		named, _ = url.PathUnescape(named) // the server has found that it can be
	}
	id := kept(named)
	if id == "" {
		return "", fmt.Errorf("%w: by %s", errUserID, store.WhyNobody(named))
	}
	return id, nil
}

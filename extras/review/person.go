package review

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/handlers"
	"example.com/identity-starter/store"
)

const longestReason = 1000 // characters

var (
	errReason = errors.New("the reason is missing or too long")
	errSure   = errors.New("whoever redacts in a browser is asked once more")
)

// persons shows people and takes decisions about them.
type persons struct{ *handlers.Web }

func (p persons) show(c echo.Context) error {
	page, err := p.page(c, c.QueryParam("user"))
	if err != nil {
		return err
	}
	return c.Render(http.StatusOK, "review_person", page)
}

// page is everything on record about a user.
func (p persons) page(c echo.Context, id string) (PersonPage, error) {
	ctx := c.Request().Context()
	if !isText(id) {
		return PersonPage{}, handlers.ErrNotFound
	}
	list, err := readFilter(c)
	if err != nil {
		return PersonPage{}, err
	}
	user, err := p.DB.User(ctx, id) // before the rest: what comes in between counts as not seen
	if err != nil {
		return PersonPage{}, err
	}
	if user.Newest == nil {
		return PersonPage{}, handlers.ErrNotFound
	}
	page := PersonPage{User: user, UserID: ID(id), Reviewer: ID(reviewerOf(c)), List: list, Seen: user.Seen(), Own: own(c, id),
		Longest: longestReason}
	if !p.Simulated() { // of which the Dashboard has nothing
		page.Dashboard = p.Stripe.Dashboard() + "identity/verification-sessions/"
	}
	if !page.Own {
		page.Possible = p.DB.Possible(user)
	}
	because, err := ReadBecause(ctx, p.DB, id)
	if err != nil {
		return page, err
	}
	page.Why = why(user, handlers.PageState(user), because)
	page.Story, err = Story(ctx, p.DB, id)
	return page, err
}

// own says whether a reviewer is looking at himself.
func own(c echo.Context, user string) bool {
	return user == handlers.UserID(c) || user == reviewerOf(c)
}

// decide writes a reviewer's decision, and leads to whoever waits next.
func (p persons) decide(c echo.Context) error {
	typed := strings.ReplaceAll(c.FormValue("reason"), "\r\n", "\n") // forms send two characters for a line's end
	d := store.Decision{UserID: c.FormValue("user"), Decision: c.FormValue("decision"), Reviewer: reviewerOf(c),
		Reason: strings.TrimSpace(typed), Seen: c.FormValue("seen")}
	list, err := readFilter(c)
	if err == nil {
		err = p.write(c, d)
	}
	if err != nil {
		return p.refuse(c, err, d, typed)
	}
	handlers.Note(c, "decision", d.Decision) // only now is it known to be one
	if list.Show == "" {
		list = Filter{Show: needsReview, Oldest: true}
	}
	back := list.values()
	back.Set("decided", d.UserID)
	return c.Redirect(http.StatusSeeOther, address(listPath, back))
}

// refuse shows the form again, with the decision as it was typed; one that cannot be undone is asked about on a page of its own.
func (p persons) refuse(c echo.Context, err error, d store.Decision, typed string) error {
	again := func(refusal string) (any, error) {
		page, err := p.page(c, d.UserID)
		page.Refusal, page.Decision, page.Reason = refusal, d.Decision, strings.ToValidUTF8(typed, "")
		return page, err
	}
	if !errors.Is(err, errSure) {
		return p.Again(c, err, "review_person", again)
	}
	page, err := again("")
	if err != nil {
		return err
	}
	return c.Render(http.StatusOK, "review_redact", page) // nothing went wrong
}

// write writes a decision. Nobody decides about himself.
func (p persons) write(c echo.Context, d store.Decision) error {
	if d.Seen == "" || own(c, d.UserID) || !isText(d.Reason) || !isText(d.UserID) {
		return handlers.ErrBadRequest
	}
	switch user, err := p.DB.User(c.Request().Context(), d.UserID); {
	case err != nil:
		return err
	case user.Newest == nil:
		return handlers.ErrNotFound
	case user.Seen() != d.Seen: // said before the rest, since the form that is shown again is about what stands there now
		return store.ErrAlreadyDecided
	case d.Reason == "" || utf8.RuneCountInString(d.Reason) > longestReason:
		return errReason
	case d.Decision == store.Redact && handlers.WantsHTML(c) && c.FormValue("sure") != store.Redact && slices.Contains(p.DB.Possible(user), store.Redact):
		return errSure
	}
	return p.DB.Decide(c.Request().Context(), d)
}

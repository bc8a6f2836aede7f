package review

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/handlers"
	"example.com/identity-starter/store"
)

const (
	listRows      = 50
	chartDays     = 30
	longestReason = 1000 // characters
	longestFind   = 200
)

var errReason = errors.New("the reason is missing or too long")

func showList(db *store.DB) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx := c.Request().Context()
		f, err := readFilter(c)
		if err != nil {
			return err
		}
		page := ListPage{Filter: f, First: f.After == nil}
		if page.Rows, err = List(ctx, db, f, listRows+1); err != nil {
			return err
		}
		if len(page.Rows) > listRows {
			page.Rows = page.Rows[:listRows]
			next, last := c.QueryParams(), page.Rows[listRows-1]
			next.Set("after", strconv.FormatInt(last.CreatedAt.Unix(), 10)+"-"+last.ID)
			page.Next = "/review?" + next.Encode()
		}
		if page.First {
			o, err := ReadOverview(ctx, db, chartDays)
			if err != nil {
				return err
			}
			page.Charts = draw(o)
		}
		return c.Render(http.StatusOK, "review", page)
	}
}

// readFilter reads what the list is asked for.
func readFilter(c echo.Context) (Filter, error) {
	f := Filter{Show: c.QueryParam("show"), Find: strings.TrimSpace(c.QueryParam("find")), Oldest: c.QueryParam("order") == "oldest"}
	switch store.Status(f.Show) {
	case "", needsReview, store.RequiresInput, store.Processing, store.Verified, store.Canceled:
	default:
		return f, handlers.ErrBadRequest
	}
	if at, id, ok := strings.Cut(c.QueryParam("after"), "-"); ok {
		seconds, err := strconv.ParseInt(at, 10, 64)
		if err != nil || !isText(id) {
			return f, handlers.ErrBadRequest
		}
		f.After = &store.Verification{ID: id, CreatedAt: time.Unix(seconds, 0)}
	}
	if utf8.RuneCountInString(f.Find) > longestFind || !isText(f.Find) {
		return f, handlers.ErrBadRequest
	}
	return f, nil
}

// isText says whether every database takes it as text.
func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

func personURL(user string) string { return "/review/person?user=" + url.QueryEscape(user) }

// persons shows people and takes decisions about them.
type persons struct {
	*handlers.Web
	dashboard string // the beginning of the addresses of sessions at Stripe; "": there are none
}

func (p persons) show(c echo.Context) error {
	page, err := p.page(c, c.QueryParam("user"))
	if err != nil {
		return err
	}
	page.Done = c.QueryParam("done") != ""
	return c.Render(http.StatusOK, "review_person", page)
}

// page is everything on record about a user.
func (p persons) page(c echo.Context, id string) (PersonPage, error) {
	ctx := c.Request().Context()
	if !isText(id) {
		return PersonPage{}, handlers.ErrNotFound
	}
	user, err := p.DB.User(ctx, id) // before the rest: what comes in between counts as not seen
	if err != nil {
		return PersonPage{}, err
	}
	if user.Newest == nil {
		return PersonPage{}, handlers.ErrNotFound
	}
	story, err := Story(ctx, p.DB, id)
	page := PersonPage{User: user, UserID: id, State: handlers.PageState(user), Seen: user.Seen(), Own: own(c, id), Longest: longestReason,
		Story: story, Dashboard: p.dashboard}
	if !page.Own {
		page.Possible = p.DB.Possible(user)
	}
	return page, err
}

// own says whether a reviewer is looking at himself.
func own(c echo.Context, user string) bool {
	return user == handlers.UserID(c) || user == reviewerOf(c)
}

// decide writes a reviewer's decision. One that is refused stands in the form again, as it was typed.
func (p persons) decide(c echo.Context) error {
	typed := strings.ReplaceAll(c.FormValue("reason"), "\r\n", "\n") // forms send two characters for a line's end
	d := store.Decision{UserID: c.FormValue("user"), Decision: c.FormValue("decision"), Reviewer: reviewerOf(c),
		Reason: strings.TrimSpace(typed), Seen: c.FormValue("seen")}
	if err := p.write(c, d); err != nil {
		return p.Again(c, err, "review_person", func(why string) (any, error) {
			page, err := p.page(c, d.UserID)
			page.Why, page.Decision, page.Reason = why, d.Decision, strings.ToValidUTF8(typed, "")
			return page, err
		})
	}
	handlers.Note(c, "decision", d.Decision) // only now is it known to be one
	return c.Redirect(http.StatusSeeOther, personURL(d.UserID)+"&done=1")
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
	}
	return p.DB.Decide(c.Request().Context(), d)
}

package review

import (
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
	longestReason = 1000
	longestFind   = 200
)

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
	if len(f.Find) > longestFind || !isText(f.Find) {
		return f, handlers.ErrBadRequest
	}
	return f, nil
}

// isText says whether every database takes it as text.
func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

func personURL(user string) string { return "/review/person?user=" + url.QueryEscape(user) }

// showPerson shows everything on record; dashboard is the beginning of the addresses
// of sessions at Stripe, "" where there are none.
func showPerson(db *store.DB, dashboard string) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, id := c.Request().Context(), c.QueryParam("user")
		if !isText(id) {
			return handlers.ErrNotFound
		}
		user, err := db.User(ctx, id) // before the rest: what comes in between counts as not seen
		if err != nil {
			return err
		}
		if user.Newest == nil {
			return handlers.ErrNotFound
		}
		story, err := Story(ctx, db, id)
		if err != nil {
			return err
		}
		page := PersonPage{User: user, UserID: id, State: handlers.PageState(user), Seen: user.Seen(), Own: own(c, id), Done: c.QueryParam("done") != "",
			Story: story, Dashboard: dashboard}
		if !page.Own {
			page.Possible = db.Possible(user)
		}
		return c.Render(http.StatusOK, "review_person", page)
	}
}

// own says whether a reviewer is looking at himself.
func own(c echo.Context, user string) bool {
	return user == handlers.UserID(c) || user == reviewerOf(c)
}

// decide writes a reviewer's decision. Nobody decides about himself.
func decide(db *store.DB) echo.HandlerFunc {
	return func(c echo.Context) error {
		d := store.Decision{UserID: c.FormValue("user"), Decision: c.FormValue("decision"), Reviewer: reviewerOf(c),
			Reason: strings.TrimSpace(c.FormValue("reason")), Seen: c.FormValue("seen")}
		if d.Seen == "" || own(c, d.UserID) || d.Reason == "" || len(d.Reason) > longestReason || !isText(d.Reason) || !isText(d.UserID) {
			return handlers.ErrBadRequest
		}
		if user, err := db.User(c.Request().Context(), d.UserID); err != nil {
			return err
		} else if user.Newest == nil {
			return handlers.ErrNotFound
		}
		if err := db.Decide(c.Request().Context(), d); err != nil {
			return err
		}
		handlers.Note(c, "decision", d.Decision) // only now is it known to be one
		return c.Redirect(http.StatusSeeOther, personURL(d.UserID)+"&done=1")
	}
}

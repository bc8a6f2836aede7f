package review

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/handlers"
	"example.com/identity-starter/store"
)

const (
	listPath    = "/review"
	listRows    = 50
	chartDays   = 30
	longestFind = 200 // characters
)

func showList(db *store.DB) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx := c.Request().Context()
		f, err := readFilter(c)
		if err != nil {
			return err
		}
		page := ListPage{Filter: f, Reviewer: ID(reviewerOf(c))}
		if page.Rows, err = List(ctx, db, f, listRows+1); err != nil {
			return err
		}
		if len(page.Rows) > listRows {
			page.Rows = page.Rows[:listRows]
			next, last := f.values(), page.Rows[listRows-1]
			next.Set("after", strconv.FormatInt(last.CreatedAt.Unix(), 10)+"-"+last.ID)
			page.Next = address(listPath, next)
		}
		if page.Counts, err = Count(ctx, db); err != nil {
			return err
		}
		if page.Decided, err = justDecided(c, db); err != nil {
			return err
		}
		if page.Whole() {
			o, err := ReadOverview(ctx, db, chartDays)
			if err != nil {
				return err
			}
			page.Charts = draw(o)
		}
		return c.Render(http.StatusOK, "review", page)
	}
}

// readFilter reads which list is asked for, or which one a person's page was opened from.
func readFilter(c echo.Context) (Filter, error) {
	f := Filter{Show: c.FormValue("show"), Find: strings.TrimSpace(c.FormValue("find"))}
	if !slices.ContainsFunc(tabs, func(t tab) bool { return t.show == f.Show }) {
		return f, handlers.ErrBadRequest
	}
	order := c.FormValue("order")
	f.Oldest = order == "oldest" || order == "" && f.waits()
	if at, id, ok := strings.Cut(c.FormValue("after"), "-"); ok {
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

// waits says whether those in the list wait for somebody: then it begins with who has waited longest, unless it is asked for otherwise.
func (f Filter) waits() bool { return f.Show == needsReview || f.Show == string(store.Processing) }

// values are what the address of the list says.
func (f Filter) values() url.Values {
	v := url.Values{}
	if f.Show != "" {
		v.Set("show", f.Show)
	}
	if f.Find != "" {
		v.Set("find", f.Find)
	}
	if f.Oldest != f.waits() {
		v.Set("order", map[bool]string{true: "oldest", false: "newest"}[f.Oldest])
	}
	return v
}

func address(path string, v url.Values) string {
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// personURL is a person's page, which leads back to the list.
func personURL(user string, list Filter) string {
	list.Find = ""
	return strings.TrimSuffix("/review/person?user="+url.QueryEscape(user)+"&"+list.values().Encode(), "&")
}

// isText says whether every database takes it as text.
func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// justDecided is what a reviewer is told who comes from a decision: what was written, which is looked up and not
// believed, and who has waited longest of those about whom he can decide. nil: he does not come from one.
func justDecided(c echo.Context, db *store.DB) (*Decided, error) {
	user, ctx := c.QueryParam("decided"), c.Request().Context()
	if user == "" || !isText(user) {
		return nil, nil
	}
	last, err := NewestDecision(ctx, db, user)
	if err != nil || last.Reviewer != reviewerOf(c) {
		return nil, err
	}
	waiting, err := List(ctx, db, Filter{Show: needsReview, Oldest: true}, listRows)
	d := &Decided{UserID: ID(user), What: last.Decision, URL: personURL(user, Filter{})}
	if next := slices.IndexFunc(waiting, func(l Listed) bool { return l.UserID != user && !own(c, l.UserID) }); next >= 0 {
		d.Next = &waiting[next]
	}
	return d, err
}

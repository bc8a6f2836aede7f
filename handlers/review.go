package handlers

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/store"
	"example.com/identity-starter/templates"
)

const (
	reviewPage     = 50 // rows of the list
	reviewDays     = 30 // of the charts
	longestReason  = 1000
	longestFind    = 200
	dashboardURL   = "https://dashboard.stripe.com/"
	dashboardPath  = "identity/verification-sessions/"
	reviewTimeForm = "2006-01-02 15:04:05"
)

// mountReview adds the reviewers' pages, where there are reviewers. To everybody
// else there is nothing, whatever the method: that is what a group answers.
func mountReview(e *echo.Echo, s Settings, db *store.DB, simulated bool) {
	if len(s.Reviewers) == 0 {
		return
	}
	only := requireReviewer(s)
	if s.AuthUserHeader == "" {
		get(e, "/review-login", askPassword(s), only)
	}
	dashboard := dashboardURL + "test/" + dashboardPath
	switch {
	case simulated:
		dashboard = "" // which has nothing of the simulator's
	case s.Live:
		dashboard = dashboardURL + dashboardPath
	}
	g, read := e.Group("/review", only), []string{http.MethodGet, http.MethodHead}
	g.Match(read, "", showReviewList(db))
	g.Match(read, "/person", showReviewPerson(db, dashboard))
	g.POST("/person", decide(db))
}

func showReviewList(db *store.DB) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx := c.Request().Context()
		f, err := reviewFilter(c)
		if err != nil {
			return err
		}
		rows, err := db.ReviewList(ctx, f, reviewPage+1)
		if err != nil {
			return err
		}
		page := templates.Review{Find: f.Find, Status: f.Status, NeedsReview: f.Review, Oldest: f.Oldest, First: f.After == nil}
		if len(rows) > reviewPage {
			rows = rows[:reviewPage]
			next := c.QueryParams()
			last := rows[reviewPage-1]
			next.Set("after", strconv.FormatInt(last.CreatedAt.Unix(), 10)+"-"+last.ID)
			page.Next = "/review?" + next.Encode()
		}
		for _, r := range rows {
			page.Rows = append(page.Rows, templates.ReviewRow{Created: r.CreatedAt.Format(reviewTimeForm), UserID: r.UserID, URL: personURL(r.UserID),
				SessionID: r.SessionID, Reference: r.ID[:8], Status: string(r.Status), Code: r.ErrorCode, NeedsReview: r.NeedsReview, Decision: r.Decision})
		}
		if !page.First {
			return c.Render(http.StatusOK, "review", page)
		}
		o, err := db.Overview(ctx, reviewDays)
		if err != nil {
			return err
		}
		page.Overview = overview(o)
		return c.Render(http.StatusOK, "review", page)
	}
}

// reviewFilter reads what the list is asked for.
func reviewFilter(c echo.Context) (store.ReviewFilter, error) {
	f := store.ReviewFilter{Find: strings.TrimSpace(c.QueryParam("find")), Oldest: c.QueryParam("order") == "oldest"}
	switch show := c.QueryParam("show"); show {
	case "":
	case "needs_review":
		f.Review = true
	case string(store.RequiresInput), string(store.Processing), string(store.Verified), string(store.Canceled):
		f.Status = show
	default:
		return f, errBadRequest
	}
	if len(f.Find) == 8 && strings.Trim(f.Find, "abcdefghijklmnopqrstuvwxyz234567") == "" {
		f.Find = strings.ToUpper(f.Find) // a reference that somebody has read out
	}
	if at, id, ok := strings.Cut(c.QueryParam("after"), "-"); ok {
		seconds, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return f, errBadRequest
		}
		f.After = &store.Verification{ID: id, CreatedAt: time.Unix(seconds, 0)}
	}
	if len(f.Find) > longestFind || !utf8.ValidString(f.Find) {
		return f, errBadRequest
	}
	return f, nil
}

func personURL(user string) string { return "/review/person?user=" + url.QueryEscape(user) }

// showReviewPerson shows everything on record; dashboard is the beginning of the
// addresses of sessions at Stripe, "" where there are none.
func showReviewPerson(db *store.DB, dashboard string) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, id := c.Request().Context(), c.QueryParam("user")
		seen, err := db.LastDecision(ctx, id) // before the rest: what comes in between counts as not seen
		if err != nil {
			return err
		}
		user, err := db.User(ctx, id)
		if err != nil {
			return err
		}
		if user.Newest == nil {
			return errNotFound
		}
		story, err := db.Story(ctx, id)
		if err != nil {
			return err
		}
		page := templates.ReviewPerson{UserID: id, State: pageState(user), Verified: user.Verified, NeedsReview: user.InReview,
			Attempts: user.Attempts, AttemptsLeft: user.AttemptsLeft, Seen: seen, Own: own(c, id), Done: c.QueryParam("done") != ""}
		if !page.Own {
			page.Possible = user.Possible()
		}
		for _, e := range story {
			entry := templates.ReviewEntry{At: e.At.Format(reviewTimeForm), Kind: e.Kind, What: e.What, Detail: e.Detail, Object: e.Object}
			if e.Kind == "session" && e.Object != "" && dashboard != "" {
				entry.URL = dashboard + e.Object
			}
			page.Story = append(page.Story, entry)
		}
		return c.Render(http.StatusOK, "review_person", page)
	}
}

// own says whether a reviewer is looking at himself.
func own(c echo.Context, user string) bool { return user == userID(c) || user == c.Get("reviewer") }

// decide writes a reviewer's decision. Nobody decides about himself.
func decide(db *store.DB) echo.HandlerFunc {
	return func(c echo.Context) error {
		reviewer, _ := c.Get("reviewer").(string)
		d := store.Decision{UserID: c.FormValue("user"), Decision: c.FormValue("decision"), Reviewer: reviewer,
			Reason: strings.TrimSpace(c.FormValue("reason"))}
		seen, err := strconv.ParseInt(c.FormValue("seen"), 10, 64)
		if err != nil || own(c, d.UserID) || d.Reason == "" || len(d.Reason) > longestReason || !utf8.ValidString(d.Reason) {
			return errBadRequest
		}
		d.Seen = seen
		note(c, "decision", d.Decision)
		if user, err := db.User(c.Request().Context(), d.UserID); err != nil {
			return err
		} else if user.Newest == nil {
			return errNotFound
		}
		if err := db.Decide(c.Request().Context(), d); err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, personURL(d.UserID)+"&done=1")
	}
}

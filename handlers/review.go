package handlers

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/store"
	"example.com/identity-starter/templates"
)

const (
	reviewPage     = 50  // rows of the list
	reviewDays     = 30  // of the charts
	reviewTries    = 120 // requests with a password that an address may make in a minute
	longestReason  = 1000
	longestFind    = 200
	dashboardURL   = "https://dashboard.stripe.com/"
	dashboardPath  = "identity/verification-sessions/"
	reviewTimeForm = "2006-01-02 15:04:05"
)

// mountReview adds the reviewers' pages, where there are reviewers. To everybody
// else there is nothing, whatever the method: that is what a group answers.
func mountReview(e *echo.Echo, s Settings, db *store.DB) {
	if len(s.Reviewers) == 0 {
		return
	}
	only := []echo.MiddlewareFunc{requireReviewer(s)}
	if s.AuthUserHeader == "" {
		only = append([]echo.MiddlewareFunc{limitRate(reviewTries)}, only...)
		get(e, "/review-login", askPassword(s), only...)
	}
	g := e.Group("/review", only...)
	g.GET("", showReviewList(s, db))
	g.GET("/person", showReviewPerson(s, db))
	g.POST("/person", decide(db))
}

// requireReviewer lets reviewers in. Where AUTH_USER_HEADER is set they are some of
// the users; else they have passwords.
func requireReviewer(s Settings) echo.MiddlewareFunc {
	var ids []string
	for _, id := range s.Reviewers {
		ids = append(ids, StoredUserID(id))
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			reviewer := ""
			who := identify(s, false)(func(echo.Context) error { return nil })(c)
			if s.AuthUserHeader == "" {
				reviewer = passwordOf(s, c.Request())
			} else if who == nil && slices.Contains(ids, userID(c)) {
				reviewer = userID(c)
			}
			if reviewer == "" && c.Path() != "/review-login" {
				return errNotFound
			}
			c.Set("reviewer", reviewer)
			return next(c)
		}
	}
}

// passwordOf is the reviewer whose password the request has; "" without one. It
// takes the same time for every wrong one.
func passwordOf(s Settings, r *http.Request) string {
	name, password, _ := r.BasicAuth()
	given, found := sha256.Sum256([]byte(name+":"+password)), 0
	for _, pair := range s.Reviewers {
		known := sha256.Sum256([]byte(pair))
		found |= subtle.ConstantTimeCompare(given[:], known[:])
	}
	if found == 0 {
		return ""
	}
	return name
}

// askPassword is where a browser can sign a reviewer in: it asks for a password
// only when it is told to, and below /review nobody is told that there is anything.
func askPassword(s Settings) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !isStaff(c) {
			c.Response().Header().Set("WWW-Authenticate", `Basic realm="review", charset="UTF-8"`)
			return errReviewerLogin
		}
		// The whole address: with a name and a password still in it, browsers wait to be asked again.
		return c.Redirect(http.StatusSeeOther, s.BaseURL.JoinPath("review").String())
	}
}

func showReviewList(s Settings, db *store.DB) echo.HandlerFunc {
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

func showReviewPerson(s Settings, db *store.DB) echo.HandlerFunc {
	dashboard := dashboardURL + "test/" + dashboardPath
	if s.Live {
		dashboard = dashboardURL + dashboardPath
	}
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
			if e.Kind == "session" && e.Object != "" {
				entry.URL = dashboard + e.Object
			}
			page.Story = append(page.Story, entry)
		}
		return c.Render(http.StatusOK, "review_person", page)
	}
}

// isStaff says whether a reviewer is asking.
func isStaff(c echo.Context) bool { reviewer, _ := c.Get("reviewer").(string); return reviewer != "" }

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
		if err := db.Decide(c.Request().Context(), d); err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, personURL(d.UserID)+"&done=1")
	}
}

package review_test

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"example.com/identity-starter/tests"
)

var (
	// oneTime is made anew for each answer, or each program.
	oneTime = regexp.MustCompile(`<code>\w+</code>|user=[\w-]{43}|/start/test_\w+|\blocalhost:\d+\b`)
	// elsewhere is what a stranger may try: all that there is, and what looks like more of it.
	elsewhere = []string{"/", "/verification.html", "/verification/return", "/verification/status", "/create-verification-session", "/members", "/connect",
		"/connect/callback?error=x", "/healthz", "/webhook", "/static/review.css", "/static/review.js", "/static/review.html", "/static/", "/review", "/review/", "/review/person", "/review/person/",
		"/review/person?user=x", "/review/person/x", "/review/users/x", "/review/x", "/review//", "//review", "/review/../review", "/review/%2e%2e/members", "/review%2fperson",
		"/%72eview", "/review?lang=de", "/review/person?user=x&lang=ja", "/review?show=x", "/Review", "/reviews", "/review.css", "/review-login", "/review-login/",
		"/review-login/x", "/review-login?lang=fr", "/review-logout", "/review_person", "/login", "/dev", "/no/such/page"}
	methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "REVIEW"}
)

// seenBy is all that a stranger gets to see, but for what is another each time.
func seenBy(t *testing.T, a *tests.App, method, path string, header http.Header) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, a.URL+path, strings.NewReader("user=x&decision=approve&seen=0&reason=r"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = header.Clone()
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	got, err := client.Do(request)
	if err != nil {
		return "no answer"
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	got.Header.Del("X-Request-Id")
	got.Header.Del("Date")
	if strings.Contains(path, "healthz") || method == "HEAD" {
		got.Header.Del("Content-Length") // of a page with a request's id in it that a HEAD does not show
	}
	return oneTime.ReplaceAllString(fmt.Sprint(got.Status, "\n", got.Header, "\n", string(body)), "…")
}

// No answer tells a stranger whether there are reviewers' pages: all is the same, byte for byte but for what is another each time,
// with REVIEWERS and without. Where people sign in, a customer is a stranger as well.
func TestStrangersCannotTell(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings  []string
		reviewers string
		strangers []http.Header
	}{
		"passwords": {nil, ritaPair, []http.Header{{}, {"Authorization": {"Basic cml0YTp3cm9uZw=="}}, {"Authorization": {"Bearer x"}}, {"Cookie": {"lang=de"}},
			{"Origin": {"https://other.example"}}}},
		"signed in": {[]string{"AUTH_USER_HEADER=X-Auth-User"}, "rita", []http.Header{{}, {"X-Auth-User": {"customer"}}, {"X-Auth-User": {"rita", "rita"}}, {"X-Auth-User": {"r\u00edta"}},
			{"X-Auth-User": {"RITA"}}, {"X-Auth-User": {"customer"}, "Authorization": {"Basic cml0YTp3cm9uZw=="}}}},
	} {
		t.Run(name, func(t *testing.T) {
			on, off := start(t, append(c.settings, "REVIEWERS="+c.reviewers)...), start(t, c.settings...)
			if name == "signed in" { // what the pages link to where there is somebody to decide about
				for _, a := range []*tests.App{on, off} {
					customer := a.Browser().As("customer", "X-Auth-User", "customer")
					for range 3 {
						a.Finish(customer.Verify(a).ID, "document_expired")
					}
				}
			}
			for _, path := range elsewhere {
				for _, method := range methods {
					for i, stranger := range c.strangers {
						header := stranger.Clone()
						header.Set("Accept", []string{"text/html", "application/json"}[(i+len(method))%2])
						with, without := seenBy(t, on, method, path, header), seenBy(t, off, method, path, header)
						if with != without {
							t.Errorf("%s %s as %v must be answered alike, with reviewers it is\n%s\nand without\n%s", method, path, header, with, without)
						}
					}
				}
			}
		})
	}
}

//go:build unix

package extras_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/identity-starter/app"
	"example.com/identity-starter/extras"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/team"
	"example.com/identity-starter/tests"
)

func TestMain(m *testing.M) { tests.Main(m, tests.With(team.Extras...)) }

const (
	pair   = "rita:" + "correct horse battery"
	typed  = "Wilhelmina Quixote" // what somebody types, and one word of it
	oneOf  = "Quixote"
	mailed = "quixote@example.test"
)

// routes are those of the program with all extras.
func routes(t *testing.T) (list []*echo.Route) {
	t.Helper()
	spy := func(extras.Program) extras.Extra {
		return extras.Extra{Name: "spy", Routes: func(w *handlers.Web) { list = w.Routes() }} // the last to add any
	}
	a, err := app.New(t.Context(), tests.SettingsOf(append(tests.Enough(), "DATABASE_URL="+t.TempDir()+"/starter.db", "BASE_URL=http://localhost:4242",
		"REVIEWERS="+pair)...), tests.With(append(slices.Clone(team.Extras), spy)...), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return list
}

// names are those of everything that a request is asked for, by the sources.
func names(t *testing.T) []string {
	t.Helper()
	found := map[string]bool{typed: true, "error_description": true}
	for _, sources := range []string{"../handlers/*.go", "*/*.go"} {
		list, err := filepath.Glob(sources)
		if err != nil {
			t.Fatal(err)
		}
		for _, source := range list {
			for _, m := range regexp.MustCompile(`(?:FormValue|QueryParam|Get|Has|q)[(\[]"([a-z_]+)"[)\]]`).FindAllStringSubmatch(tests.Read(t, source), -1) {
				found[m[1]] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// typist sends what was typed, wherever something can be.
type typist struct {
	*tests.Browser
	names []string
	user  string // somebody whom reviewers can decide about
	sent  int
}

// bodies are all fields with the text, in each form that a body can have, and some that are broken.
func (y *typist) bodies(text string) map[string]string {
	form, object := url.Values{}, map[string]string{}
	var parts bytes.Buffer
	w := multipart.NewWriter(&parts)
	for _, name := range y.names {
		value := text
		if name == "user" {
			value = y.user
		}
		object[name] = value
		form.Set(name, value)
		_ = w.WriteField(name, value) // into memory
	}
	_, _ = w.CreateFormFile("file", text+".jpg")
	whole, _ := json.Marshal(object) // of texts
	_ = w.Close()
	return map[string]string{
		"application/x-www-form-urlencoded": form.Encode(), "application/json": string(whole), w.FormDataContentType(): parts.String(),
		"application/x-www-form-urlencoded; charset=" + oneOf: "%zz" + text + "&" + text + ";=%",
		"application/json; " + oneOf:                          `{"email":"` + text + `", ` + text, "multipart/form-data; boundary=" + oneOf: "--" + oneOf + "\r\n" + text,
		text: text, "text/plain": strings.Repeat(text, 20_000),
	}
}

// send asks for a route with the text everywhere: in the path, the query, headers, cookies and the body.
func (y *typist) send(method, path, kind, body, text string) {
	y.T.Helper()
	query := url.Values{}
	for _, name := range y.names {
		query.Set(name, text)
	}
	if method == "GET" && strings.HasPrefix(path, "/review") {
		query.Set("user", y.user)
	}
	path = regexp.MustCompile(`\*|:\w+`).ReplaceAllString(path, url.PathEscape(text))
	request := y.Request(method, path+"?"+query.Encode()+"&%zz"+oneOf, strings.NewReader(body))
	for _, name := range []string{"Referer", "User-Agent", "Accept-Language", "X-Forwarded-For", "Forwarded", "X-Request-Id", "Stripe-Signature",
		"Last-Event-Id", "If-Modified-Since", "Range", "X-Real-Ip", "X-Forwarded-Host", "X-Http-Method-Override", oneOf} {
		request.Header.Set(name, text)
	}
	request.Header.Set("Content-Type", kind)
	for _, name := range []string{"user", "lang", "connected", oneOf} {
		request.Header.Add("Cookie", name+"="+text)
	}
	if y.sent++; y.sent%2 == 0 {
		request.Header.Set("Accept", text)
	}
	if response, err := y.Client.Do(request); err == nil { // else it was cut off
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
}

// Nothing that a client typed is in the log or on standard error, wherever it was typed, at any level. What the log may
// hold of a request is the method, if it is a known one, the route's pattern, the status, our own request id, and for an event
// that Stripe has signed its id, type, object and version, where they have the form of such; and users by their ids.
func TestNothingTypedIsLogged(t *testing.T) {
	all, fields := routes(t), names(t)
	for name, settings := range map[string][]string{
		"browsers": {"REVIEWERS=" + pair},
		"header":   {"AUTH_USER_HEADER=X-Auth-User", "REVIEWERS=rita"},
	} {
		t.Run(name, func(t *testing.T) {
			c := tests.NewChild(t, append(settings, "LOG_LEVEL=debug", "SMTP_URL=smtp://localhost:1", "MAIL_FROM=us@example.com")...)
			c.Spawn()
			customer, reviewer, guest := c.Browser(), c.Browser(), c.Browser()
			if name == "header" {
				customer, reviewer, guest = customer.As("42", "X-Auth-User", "42"), reviewer.As("rita", "X-Auth-User", "rita"), guest.As("", "X-Auth-User", typed+"\u00e9")
			} else {
				reviewer.Base = strings.Replace(c.URL, "http://", "http://"+strings.ReplaceAll(pair, " ", "%20")+"@", 1)
			}
			if got := customer.Post("/create-verification-session", url.Values{"email": {mailed}}); got.Status != 303 {
				t.Fatalf("the button must lead to Stripe, got %d", got.Status)
			}
			session := c.Sim.Sessions()[0]
			for _, b := range []*tests.Browser{guest, customer, reviewer} {
				y := &typist{Browser: b, names: fields, user: session.UserID}
				y.T = t
				y.Client.Timeout = 10 * time.Second
				for _, r := range all {
					for _, text := range []string{typed, oneOf} {
						for kind, body := range y.bodies(text) {
							y.send(strings.Replace(r.Method, echo.RouteNotFound, strings.ToUpper(oneOf), 1), r.Path, kind, body, text)
						}
					}
				}
			}
			decideBadly(t, reviewer, session.UserID)
			raw(t, c.URL)
			signed(t, c.App)
			c.Finish(session.ID, "document_expired")
			c.Deliver(tests.Snapshot("evt_9", tests.RequiresInputEvent, tests.Failed(session, "document_expired", "vr_9")).JSON(t), tests.PlatformSecret)
			c.Says("kind=mail") // whose address the session has
			if err := c.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			told := map[string]bool{}
			for line := range strings.Lines(c.Out.String()) {
				low := strings.ToLower(line)
				if strings.Contains(low, "quixote") || strings.Contains(low, "wilhelmina") || strings.Contains(low, "horse") {
					where := regexp.MustCompile(`route=\S+|(error|event|decision)=("[^"]{0,60}|\S{0,60})`).FindAllString(line, -1)
					if !told[fmt.Sprint(where)] {
						t.Errorf("nothing that somebody typed may be logged, got at %s\n%.400s", where, line)
					}
					told[fmt.Sprint(where)] = true
				}
			}
			for _, held := range []string{"method=other", "route=/connect/accounts/:id/disconnect", "event=evt_9", "type=" + tests.RequiresInputEvent, "decision=one_more", "status=400"} {
				if !strings.Contains(c.Out.String(), held) {
					t.Errorf("the log must go on to say %s", held)
				}
			}
		})
	}
}

// decideBadly decides what cannot be decided, with something typed in its place, and then what can.
func decideBadly(t *testing.T, reviewer *tests.Browser, user string) {
	t.Helper()
	for _, decision := range []string{typed, oneOf, strings.Repeat(oneOf, 10_000), "one_more"} {
		page := reviewer.Get("/review/person?user=" + url.QueryEscape(user)).Body
		seen := regexp.MustCompile(`name="seen" value="([^"]+)"`).FindStringSubmatch(page)
		if seen == nil {
			t.Fatalf("a reviewer must see the form, got\n%s", page)
		}
		got := reviewer.Post("/review/person", url.Values{"user": {user}, "decision": {decision}, "seen": {seen[1]}, "reason": {typed}})
		if want := map[bool]int{false: http.StatusBadRequest, true: http.StatusSeeOther}[decision == "one_more"]; got.Status != want {
			t.Errorf("the decision %.20q must be answered %d, got %d", decision, want, got.Status)
		}
	}
}

// raw sends what no client of Go's sends.
func raw(t *testing.T, base string) {
	t.Helper()
	host := strings.TrimPrefix(base, "http://")
	for _, request := range []string{
		"GET / HTTP/1.1\r\nHost: " + oneOf + ".example\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: " + typed + "\r\n\r\n",
		"GET http://" + oneOf + ":x/ HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
		strings.ToUpper(oneOf) + " / HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
		"GET /" + oneOf + "%zz HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
		"GET / " + oneOf + "/9\r\nHost: " + host + "\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: " + host + "\r\n" + typed + "\r\n\r\n",
		"GET /review HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: Basic " + base64.StdEncoding.EncodeToString([]byte(typed+":"+typed)) + "\r\n\r\n",
		"GET /review HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: " + typed + "\r\n\r\n",
		"POST /connect/authorize HTTP/1.1\r\nHost: " + host + "\r\nOrigin: https://" + oneOf + ".example\r\nContent-Length: 0\r\n\r\n",
		"POST /webhook HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: " + oneOf + "\r\n\r\n",
		"POST /webhook HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: " + oneOf + "\r\n\r\n",
		"POST /webhook HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: chunked\r\n\r\n" + oneOf + "\r\n\r\n",
		"POST /webhook HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + typed + "\r\n\r\n",
		"POST /webhook HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: chunked\r\nTrailer: " + oneOf + "\r\n\r\n0\r\n" + oneOf + ": " + typed + "\r\n\r\n",
		"POST /create-verification-session HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + typed + "\r\n\r\n",
	} {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = io.WriteString(conn, request)
		_ = conn.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, conn) // whatever it answers
		_ = conn.Close()
	}
}

// signed delivers bodies with the right signature in which everything is free text.
func signed(t *testing.T, a *tests.App) {
	t.Helper()
	odd := tests.Object{"id": typed, "status": typed, "client_reference_id": typed, "metadata": tests.Object{"user_id": typed, typed: typed},
		"last_error": tests.Object{"code": typed, "reason": typed}}
	event := tests.Snapshot(typed, typed, odd).With(tests.Object{"account": typed, "api_version": typed, typed: typed})
	for _, body := range []string{event.JSON(t), event.With(tests.Object{"type": tests.VerifiedEvent}).JSON(t), event.With(tests.Object{"created": typed}).JSON(t),
		tests.Snapshot("evt_odd", tests.VerifiedEvent, tests.Object{"id": "vs_odd", "status": 7, "metadata": typed}).JSON(t),
		`{"id":"` + typed, `"` + typed + `"`, typed} {
		a.Deliver(body, tests.PlatformSecret)
		a.Deliver(body, "whsec_"+oneOf)
	}
}

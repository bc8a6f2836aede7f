package templates_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os/exec"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/static"
	"example.com/identity-starter/templates"
	"example.com/identity-starter/tests"
)

// moduleDir is where the source of a module we depend on lies.
func moduleDir(t *testing.T, module string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		t.Fatalf("find the source of %s: %v", module, err)
	}
	return strings.TrimSpace(string(out))
}

// hostile is what somebody might have put into a name or a reason.
const hostile = `<script>alert("x")</script>`

// example is a page as handlers would ask for it.
type example struct {
	page string
	data any
}

// examples are all states of all pages, in a language.
func examples(set *templates.Set, lang string) map[string]example {
	all := map[string]example{
		"members":       {"members", templates.Members{UserID: hostile, Since: time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)}},
		"members bare":  {"members", templates.Members{}},
		"connect off":   {"connect", templates.Connect{}},
		"connect hint":  {"connect", templates.Connect{SetupHint: true}},
		"connect empty": {"connect", templates.Connect{On: true}},
		"connected": {"connect", templates.Connect{On: true, Connected: "acct_1", Accounts: []templates.Account{
			{ID: "acct_1", Name: hostile, Known: true, Charges: true, Payouts: true, Since: time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)},
			{ID: "acct_2", Known: true}, {ID: "acct_3"}, {ID: "acct_4", Known: true, Revoked: true}, {ID: "acct_5", Known: true, Revoked: true, Ended: true},
		}}},
		"disconnected":  {"connect", templates.Connect{On: true, Disconnected: hostile}},
		"disconnect":    {"disconnect", templates.Account{ID: "acct_1", Name: hostile}},
		"unknown error": {"error", templates.Error{Status: 418, Code: "no_such_code", Message: hostile}},
	}
	for _, status := range statuses {
		v := templates.Verification{
			Status: status, Title: set.T(lang, "state."+status+".title"), Message: set.T(lang, "state."+status+".text"),
			MaxAttempts: 3, AttemptsLeft: 2, Poll: status == "processing", Reference: "k7m2x9qa",
		}
		all["verification "+status] = example{"verification", v}
		v.Detail, v.Next, v.Support = hostile, set.T(lang, "way.better_photo"), "https://help.example/?a=1&b=2"
		v.Documents, v.Camera = set.T(lang, "intro.documents.list", "documents", hostile), set.T(lang, "intro.camera.unknown")
		v.ShowAttempts, v.Button, v.AskEmail, v.Help, v.Points = true, status != "processing", true, true, true
		all["verification full "+status] = example{"verification", v}
	}
	for _, code := range errorCodes {
		all["error "+code] = example{"error", templates.Error{
			Status: 400, Code: code, Message: set.T(lang, "error."+code, "base", "http://localhost:4242"),
			Next: set.T(lang, "error."+code+".next"), NextURL: "/connect/authorize", RetryPost: code == "invalid_state",
		}}
	}
	return all
}

// files are our own static files.
func files(t *testing.T) *static.Set {
	t.Helper()
	set, err := static.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// render gives a page with everything around it switched on.
func render(t *testing.T, set *templates.Set, lang string, e example) string {
	t.Helper()
	var out bytes.Buffer
	err := set.Render(&out, e.page, templates.Page{
		Lang: lang, AppName: "Shop & <Co>", SupportURL: "mailto:help@example.com", Path: "/", ConnectOn: true,
		Simulated: true, RequestID: "r1", StripeJS: true, Version: files(t).Version, Data: e.data,
	})
	if err != nil {
		t.Fatalf("every state must have a page: %v", err)
	}
	return out.String()
}

func TestEveryStateInEveryLanguage(t *testing.T) {
	set := load(t)
	for _, lang := range set.Languages() {
		for name, e := range examples(set, lang) {
			t.Run(lang+" "+name, func(t *testing.T) {
				page := render(t, set, lang, e)
				if strings.Contains(page, hostile) {
					t.Error("what others wrote must be escaped")
				}
				if scripts := strings.Count(page, "<script"); scripts > 0 && e.page != "verification" && scripts != strings.Count(page, "/static/times.js") {
					t.Error("only the verification page has a script, besides the one for times")
				}
				tests.CheckHTML(t, page, lang)
			})
		}
	}
}

func TestVerificationPageIsSmall(t *testing.T) {
	set := load(t)
	ours := 0
	for _, name := range []string{"style.css", "app.js", "favicon.svg"} {
		text, err := fs.ReadFile(files(t), name)
		if err != nil {
			t.Fatal(err)
		}
		ours += len(text)
	}
	for _, lang := range set.Languages() {
		for name, e := range examples(set, lang) {
			if size := ours + len(render(t, set, lang, e)); e.page == "verification" && size >= 20_000 {
				t.Errorf("%s in %s is %d bytes with its files, without compression: people on a bad line wait for more than 20,000", name, lang, size)
			}
		}
	}
}

func TestPageSaysWhatThePersonNeeds(t *testing.T) {
	set := load(t)
	failed := templates.Verification{
		Status: "requires_input", Title: "Blurred", Message: "The photo.", Next: "Again.", Detail: "Reason.",
		ShowAttempts: true, AttemptsLeft: 2, MaxAttempts: 3, Button: true, Reference: "k7m2x9qa",
	}
	waiting := templates.Verification{Status: "processing", Title: "Wait", Poll: true, MaxAttempts: 3}
	for name, c := range map[string]struct {
		data    templates.Verification
		has     []string
		without []string
	}{
		"failed": {failed, []string{
			"<title>Blurred – Shop", `id="verify-button"`, ">Try again</button>", "Attempts left: 2 of 3", "k7m2x9qa",
			`<p lang="en">Reason.</p>`, `method="post" action="/create-verification-session"`,
		}, []string{`http-equiv="refresh"`, `action="/create-verification-session" hidden`, `type="email"`}},
		"waiting": {waiting, []string{
			`<noscript><meta http-equiv="refresh"`, `action="/create-verification-session" hidden`, "data-poll", `id="continue" hidden`,
		}, []string{"Who checks"}},
		"verified": {templates.Verification{Status: "verified", Title: "Done", Action: "Go on", ActionURL: "/there"}, []string{`<a class="button" href="/there">Go on</a>`},
			[]string{"verify-button", "app.js", `id="continue"`}},
	} {
		page := render(t, set, "en", example{"verification", c.data})
		for _, want := range c.has {
			if !strings.Contains(page, want) {
				t.Errorf("the page of a %s verification lacks %s", name, want)
			}
		}
		for _, unwanted := range c.without {
			if strings.Contains(page, unwanted) {
				t.Errorf("the page of a %s verification must not have %s", name, unwanted)
			}
		}
	}
}

// stuck fails every write.
type stuck struct{ written int }

func (s *stuck) Write(p []byte) (int, error) {
	s.written += len(p)
	return 0, fmt.Errorf("closed")
}

func TestRenderWritesAllOrNothing(t *testing.T) {
	set := load(t)
	var out bytes.Buffer
	if err := set.Render(&out, "no such page", templates.Page{}); err == nil || out.Len() != 0 {
		t.Errorf("an unknown page must be an error and write nothing, wrote %d bytes", out.Len())
	}
	if err := set.Render(&out, "verification", templates.Page{Data: templates.Members{}}); err == nil || out.Len() != 0 {
		t.Errorf("a page with the wrong data must be an error and write nothing, wrote %d bytes", out.Len())
	}
	if err := set.Render(&stuck{}, "members", templates.Page{Data: templates.Members{}}); err == nil {
		t.Error("an answer that could not be written must be an error")
	}
}

package review_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/extras/review"
	"example.com/identity-starter/store"
	"example.com/identity-starter/templates"
	"example.com/identity-starter/tests"
)

// hostile is what somebody might have put into a name or a reason.
const hostile = `<script>alert("x")</script>`

// pages are the core's and review's.
func pages(t *testing.T) *templates.Set {
	t.Helper()
	set, err := templates.Load(templates.Brand{}, made("", false, false).Files)
	if err != nil {
		t.Fatalf("the embedded pages and words must load: %v", err)
	}
	return set
}

func render(t *testing.T, set *templates.Set, lang, page string, data any) string {
	t.Helper()
	var out bytes.Buffer
	err := set.Render(&out, page, templates.Page{Lang: lang, AppName: "Shop & <Co>", SupportURL: "mailto:help@example.com",
		ConnectOn: true, TestMode: true, RequestID: "r1", Version: "1", Data: data})
	if err != nil {
		t.Fatalf("every state must have a page: %v", err)
	}
	return out.String()
}

// Whatever there is to see can be seen, and nothing that somebody wrote is HTML.
func TestEveryPage(t *testing.T) {
	everything := review.ListPage{Filter: review.Filter{Oldest: true}, Reviewer: "rita", Counts: review.Counts{NeedReview: 1, All: 1000},
		Next: "/review?after=1-A", Charts: review.Charts{Verified: 1, Failed: 2,
			Most: 3, Days: []review.ChartDay{{Date: "2026-03-01", Verified: 1, Failed: 2, VerifiedHeight: 40, FailedHeight: 80}},
			Reasons: []review.ChartReason{{Reason: review.Reason{Code: hostile, Count: 2}, Width: 100}}},
		Rows: []review.Listed{
			{Verification: store.Verification{ID: "DATABASEK7M2X9QAREST", UserID: hostile, Status: "verified", ErrorCode: hostile}, NeedsReview: true},
			{Verification: store.Verification{UserID: "ann & bob", Status: "canceled"}, Decision: "approve"},
		}}
	found, decided := everything, everything
	found.Find, found.Show, found.Charts = hostile, "verified", review.Charts{}
	decided.Show, decided.Decided = "needs_review", &review.Decided{UserID: hostile, What: "one_more", URL: "/review/person?user=x", Next: &everything.Rows[0]}
	last := review.ListPage{Decided: &review.Decided{UserID: "x", What: "approve"}}
	person := review.PersonPage{UserID: hostile, Reviewer: "rita", Why: review.Why{Tone: "warn", Title: "Needs a review", Text: hostile},
		User: store.User{InReview: true, Attempts: 2, AttemptsLeft: 1, Newest: &store.Verification{SessionID: "vs_1"}}, Seen: "7-" + hostile,
		List: review.Filter{Show: "needs_review", Oldest: true}, Refusal: hostile, Reason: hostile, Decision: "reject", Longest: 1000,
		Possible:  []string{"approve", "reject", "withdraw", "one_more", "cancel", "redact"},
		Dashboard: "https://dashboard.stripe.com/",
		Story:     []review.Entry{{At: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC), Kind: "session", What: hostile, Code: hostile, Which: "held", Note: hostile, Object: "vs_1"}}}
	set := pages(t)
	for name, c := range map[string]struct {
		page    string
		data    any
		has     []string
		without []string
	}{
		"list": {"review", everything, []string{"1 verified", "2 failed checks", ">&lt;script&gt;", "needs review", "approved", ">K7M2X9QA<", `href="/review?after=1-A"`,
			`href="/review/person?user=ann&#43;%26&#43;bob&amp;order=oldest"`, "oldest first · ", `href="/review"`, "alert(&#34;x&#34;)&lt;/script&gt;: 2", `<a href="/review" aria-current="page">All <span class="badge" data-tone="quiet">999&#43;</span>`,
			`<a href="/review?show=needs_review">Needs review <span class="badge" data-tone="warn">1</span>`, "Signed in as", ">today<"}, nil},
		"found":        {"review", found, []string{"<tbody", "Found"}, []string{"<svg", `aria-current="page">`, "oldest first"}},
		"decided":      {"review", decided, []string{"The decision is written: <strong>one more attempt given</strong>", "autofocus>Review the next one</a>", `aria-current="page">Needs review`}, []string{"<svg"}},
		"decided last": {"review", last, []string{"approved", "Nobody else waits for a review.", "Nothing to show."}, []string{"<tbody", "autofocus"}},
		"nobody waits": {"review", review.ListPage{Filter: review.Filter{Show: "needs_review"}}, []string{"Nobody waits for a review."}, nil},
		"not found":    {"review", review.ListPage{Filter: review.Filter{Find: "x"}}, []string{"Nobody here has this id"}, nil},
		"empty list":   {"review", review.ListPage{}, []string{"Nothing to show.", "No check has failed"}, []string{"<tbody>\n<tr>", "Next page"}},
		"person": {"review_person", person,
			[]string{`value="approve"`, `value="reject"`, `value="withdraw"`, `value="one_more"`, `value="cancel"`, `value="redact"`, `name="seen" value="7-&lt;script`, `value="reject" required checked>`, `maxlength="2000"`, "What you wrote is still below.", `role="alert"`, "2, 1 left",
				"<h1>Needs a review</h1>", `<a href="/review?show=needs_review">← Needs review</a>`, `name="show" value="needs_review"`, `data-tone="warn">not verified<`, "2026-03-01 10:00 UTC", `<a href="https://dashboard.stripe.com/vs_1" rel="noreferrer">`}, nil},
		"own page": {"review_person", review.PersonPage{UserID: "me", Own: true, Why: review.Why{Title: "x"}, User: store.User{Verified: true}},
			[]string{"This is you.", ">verified<"}, []string{"<form"}},
		"nothing to decide": {"review_person", review.PersonPage{UserID: "ann", Why: review.Why{Title: "x"}}, nil, []string{"<form", "This is you."}},
		"redact":            {"review_redact", person, []string{"What will be gone", `name="sure" value="redact"`, `name="seen" value="7-&lt;script`, `name="show" value="needs_review"`, "No, go back"}, nil},
	} {
		for _, lang := range set.Languages() {
			page := render(t, set, lang, c.page, c.data)
			if strings.Contains(page, hostile) {
				t.Errorf("%s: what others wrote must be escaped", name)
			}
			tests.CheckHTML(t, page, lang)
			for _, want := range append(c.has, `href="/static/review.css?v=1"`) {
				if !strings.Contains(page, want) {
					t.Errorf("%s lacks %s, it is\n%s", name, want, page)
				}
			}
			for _, unwanted := range c.without {
				if strings.Contains(page, unwanted) {
					t.Errorf("%s must not have %s", name, unwanted)
				}
			}
		}
	}
}

// What a reviewer's decision can be refused for has words in every language, and a page.
func TestRefusalsHaveWords(t *testing.T) {
	if err := tests.CompleteWords(made("", false, false).Files); err != nil {
		t.Error(err)
	}
	set := pages(t)
	for _, lang := range set.Languages() {
		for _, a := range made(ritaPair, false, false).Answers {
			word := "error." + a.Code
			if a.Word != "" {
				word = a.Word
			}
			for _, key := range []string{word, word + ".title", "error." + a.Code + ".next"} {
				if !set.Has(lang, key) {
					t.Errorf("%s lacks %s: nobody must be left without a word", lang, key)
				}
			}
			page := render(t, set, lang, "error", templates.Error{Status: a.Status, Code: a.Code, Word: word, Message: set.T(lang, word),
				Next: set.T(lang, "error."+a.Code+".next"), NextURL: "/review/person?user=x"})
			if !strings.Contains(page, set.T(lang, word+".title")) {
				t.Errorf("the page of %s in %s must have its title", word, lang)
			}
			tests.CheckHTML(t, page, lang)
		}
	}
}

package mail_test

import (
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"example.com/identity-starter/extras/mail"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
	"example.com/identity-starter/templates"
	"example.com/identity-starter/tests"
)

// What is news for a person, and what only teams and reviewers have to know.
func TestWhatIsNews(t *testing.T) {
	wants := made(t, "SMTP_URL=smtp://localhost", "MAIL_FROM=a@example.test").Consumers[0].Wants
	for what, want := range map[string]bool{
		outcomes.Verified: true, outcomes.Failed: true, outcomes.Approved: true, outcomes.Rejected: true, outcomes.Revoked: true,
		outcomes.Withdrawn: true, outcomes.OneMore: true, outcomes.Canceled: true,
		outcomes.Exhausted: false, outcomes.InReview: false, outcomes.Redact: false, outcomes.Connected: false, outcomes.Disconnected: false,
		store.OutcomeAtGate: false, store.OutcomeSuperfluous: false, store.OutcomeOwnEvent: false,
	} {
		o := outcomes.Outcome{What: what, ObjectID: "vs_1", Counted: true}
		if wants(o) != want {
			t.Errorf("%s must be followed by a mail: %v", what, want)
		}
		if o.ObjectID = ""; wants(o) {
			t.Errorf("%s: without a session there is no address", what)
		}
	}
	for why, o := range map[string]outcomes.Outcome{
		"nothing was checked":               {},
		"the person is verified all along":  {Counted: true, User: store.User{Verified: true}},
		"a reviewer's word was no":          {Counted: true, User: store.User{Rejected: true}},
		"nothing was checked of a rejected": {User: store.User{Rejected: true}},
	} {
		o.What, o.ObjectID = outcomes.Failed, "vs_1"
		if wants(o) {
			t.Errorf("a failure is no news when %s", why)
		}
	}
}

// Every language has the whole mail, a team's own words replace ours, and what people
// called the app cannot become HTML.
func TestMailInEveryLanguage(t *testing.T) {
	files := made(t).Files
	if err := tests.CompleteWords(files); err != nil {
		t.Error(err)
	}
	brand := templates.Brand{Files: fstest.MapFS{"words/de.txt": {Data: []byte("mail.open = Lesen Sie es hier:\n")}}}
	pages, err := templates.Load(brand, files)
	if err != nil {
		t.Fatal(err)
	}
	key, seen := regexp.MustCompile(`mail\.[a-z]+|\{\w|%!`), map[string]bool{}
	for _, lang := range pages.Languages() {
		say := func(key string, args ...string) string { return pages.T(lang, key, args...) }
		subject, text, html, err := mail.Write(lang, "Shop & <Co>", "https://verify.test/verification.html", say)
		if err != nil {
			t.Fatal(err)
		}
		seen[subject] = true
		for _, got := range []string{subject, text, html} {
			if key.MatchString(got) || got == "" {
				t.Errorf("%s: a key or placeholder is left in %q", lang, got)
			}
		}
		if !strings.Contains(html, `<html lang="`+lang+`">`) || !strings.Contains(html, "Shop &amp; &lt;Co&gt;") || strings.Contains(html, "<Co>") {
			t.Errorf("%s: the mail must name its language, and the app in safe HTML, got %s", lang, html)
		}
		if strings.Count(html, `class="button"`) != 1 || strings.Contains(html, "<script") || strings.Contains(html, "src=") || strings.Contains(html, "@import") {
			t.Errorf("%s: the mail must have one button, and load nothing, got %s", lang, html)
		}
		if !strings.Contains(text, "Shop & <Co>") || strings.Contains(text, "Lesen Sie es hier:") != (lang == "de") {
			t.Errorf("%s: the text must name the app as it is, in the brand's words where it has some, got %s", lang, text)
		}
	}
	if len(seen) != len(pages.Languages()) {
		t.Errorf("each language must have a subject of its own, got %v", seen)
	}
}

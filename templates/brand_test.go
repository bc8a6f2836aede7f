package templates_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"example.com/identity-starter/templates"
	"example.com/identity-starter/tests"
)

func brand(t *testing.T, files fstest.MapFS) *templates.Set {
	t.Helper()
	set, err := templates.Load(templates.Brand{Files: files}, part(t, notes, nil))
	if err != nil {
		t.Fatalf("this brand must load: %v", err)
	}
	return set
}

func TestBrandReplacesWords(t *testing.T) {
	plain := load(t)
	for _, lang := range plain.Languages() {
		set := brand(t, fstest.MapFS{"README.md": file("ours"), "words/README.md": file("ours"), "notes.html": file("{{"),
			"words/" + lang + ".txt": file("\ufeff# ours\r\nstate.none.title = Show us\r\nattempts.left = {n} to go\r\nnotes.a = 1\r\nabsent.key = {what}\r\n")})
		for key, want := range map[string]string{"state.none.title": "Show us", "attempts.left": "2 to go", "notes.a": "1",
			"nav.members": plain.T(lang, "nav.members")} {
			if got := set.T(lang, key, "n", "2"); got != want {
				t.Errorf("%s: %s must be %q, got %q", lang, key, want, got)
			}
		}
		if set.Has(lang, "absent.key") {
			t.Errorf("%s: a key that nothing uses, such as of an extra that is absent, must be ignored", lang)
		}
		for _, other := range plain.Languages() {
			if got, want := set.T(other, "state.none.title"), plain.T(other, "state.none.title"); other != lang && got != want {
				t.Errorf("a sentence in %s must leave %s alone, got %q", lang, other, got)
			}
		}
		if len(set.Languages()) != len(plain.Languages()) {
			t.Errorf("words in %s add no language, got %s", lang, set.Languages())
		}
	}
}

func TestBrandAddsALanguage(t *testing.T) {
	set := brand(t, fstest.MapFS{"words/tlh.txt": file("nav.members = jup"), "words/en.txt": file("nav.connect = Accounts"),
		"words/pt-BR.txt": file("language.name = Português")})
	if set.Match("tlh", "") != "tlh" || set.Match("", "pt-BR, en;q=0.5") != "pt-BR" || set.Match("", "") != "en" {
		t.Errorf("a language of the brand must be answered in, and English stay the first, got %s", set.Languages())
	}
	for key, want := range map[string]string{"nav.members": "jup", "nav.connect": "Accounts", "notes.a": "one",
		"state.none.title": set.T("en", "state.none.title"), "language.name": "tlh"} {
		if got := set.T("tlh", key); got != want || !set.Has("tlh", key) {
			t.Errorf("%s must be %q where the new language lacks it, got %q", key, want, got)
		}
	}
	at := time.Date(2026, time.March, 1, 9, 4, 5, 0, time.UTC)
	if got, want := set.Date("tlh", at), set.Date("en", at); got != want {
		t.Errorf("a date must be readable in a new language, want %q, got %q", want, got)
	}
	for _, e := range examples(set, "tlh") {
		page := render(t, set, "tlh", e)
		tests.CheckHTML(t, page, "tlh")
	}
}

// A team learns at the start, not from a visitor, that people would read braces.
func TestBrandWordsThatCannotBe(t *testing.T) {
	for name, c := range map[string]struct {
		file, words string
		want        []string
	}{
		"a placeholder that nothing fills in":   {"words/de.txt", "attempts.left = {n} von {of}", []string{"brand/words/de.txt", "attempts.left", "{of}", "{max}, {n}"}},
		"a placeholder where there is none":     {"words/en.txt", "way.again = Again, {name}", []string{"brand/words/en.txt", "way.again", "{name}", "without"}},
		"the same in a new language":            {"words/tlh.txt", "way.again = {name}", []string{"brand/words/tlh.txt", "way.again", "{name}"}},
		"a line that is no sentence":            {"words/de.txt", "way.again: wieder", []string{"brand/words/de.txt", "line 1"}},
		"a brace that is left open":             {"words/de.txt", "way.again = {n wieder", []string{"brand/words/de.txt", "way.again"}},
		"a file that is named after no tongue":  {"words/english.txt", "way.again = again", []string{"brand/words/english.txt"}},
		"a language in capitals, twice with de": {"words/DE.txt", "way.again = again", []string{"brand/words/DE.txt"}},
	} {
		_, err := templates.Load(templates.Brand{Files: fstest.MapFS{c.file: file(c.words)}})
		refused(t, name, err, c.want...)
	}
}

func TestLogo(t *testing.T) {
	for _, text := range []string{"", `The "Shop"`} {
		set, err := templates.Load(templates.Brand{LogoText: text})
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := set.Render(&out, "members", templates.Page{Lang: "en", AppName: "Shop", Version: "v1", Logo: "brand/logo.svg", Style: "brand/style.css", Data: templates.Members{}}); err != nil {
			t.Fatal(err)
		}
		page, alt := out.String(), `alt="`+strings.ReplaceAll(text, `"`, "&#34;")+`"`
		for _, want := range []string{`<img src="/static/brand/logo.svg?v=v1" ` + alt, `<link rel="icon" href="/static/brand/logo.svg?v=v1">`,
			`<link rel="stylesheet" href="/static/brand/style.css?v=v1">`} {
			if !strings.Contains(page, want) {
				t.Errorf("a page of a brand must have %s", want)
			}
		}
		if strings.Contains(page, "favicon.svg") {
			t.Error("where the brand has a logo, our icon is nowhere")
		}
		tests.CheckHTML(t, page, "en")
	}
}

// A team's sentence may leave a date out, or have it where it likes: nothing is glued to its end.
func TestBrandNeedNotSayTheDate(t *testing.T) {
	since := time.Date(2026, time.March, 1, 9, 30, 0, 0, time.UTC)
	for words, want := range map[string]string{"We know & like you.": "<p>We know &amp; like you.</p>", "{date}, yes {date}": `</time>, yes <time datetime="2026-03-01T09:30:00Z">`} {
		set := brand(t, fstest.MapFS{"words/en.txt": file("members.since = " + words)})
		var out bytes.Buffer
		if err := set.Render(&out, "members", templates.Page{Lang: "en", Data: templates.Members{Since: since}}); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); !strings.Contains(got, want) || strings.Contains(got, "{date}") {
			t.Errorf("%q must be shown with a date where it has one, and nowhere else, got\n%s", words, got)
		}
	}
}

// Package templates owns what people read: the pages and the words, in every language.
//
// It decides how a page looks and how a sentence is written, never what is
// shown to whom: handlers fill a Page and choose the keys. Extras bring pages and
// words of their own, and a team's brand has the last word. Adding a language is
// adding one file to words/.
package templates

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

//go:embed *.html words/*.txt
var files embed.FS

// source is the language that has every key, and the one shown to people whose own we do not have.
const source = "en"

// layout is the frame of every page, ours alone.
const layout = "layout.html"

// Brand is what makes the pages a team's own. The zero value is ours.
type Brand struct {
	// Name is the default of the setting APP_NAME; "" is "Identity starter".
	Name string
	// LogoText are the words for people who do not see the logo; "" where it only
	// decorates the name, which stands beside it.
	LogoText string
	// Files may hold a logo (logo.svg, or png, jpg, jpeg, webp, gif, avif), which is
	// shown in place of our icon, style.css, which is loaded after our style, and
	// words/LANG.txt. Other files are ignored; nil: there are none.
	//
	// The words replace ours by their key, or add a language. A key that is nowhere
	// else is ignored: it may be one of an extra that is not in the program.
	Files fs.FS
}

// Set is every page in every language, parsed once. It is safe for concurrent use.
type Set struct {
	languages []string
	matcher   language.Matcher
	words     map[string]map[string]string  // language, key, sentence
	pages     map[string]*template.Template // by the name of the file
	logoText  string
}

// Load parses our own pages and words, then those of the other parts, then the
// brand's words. A part has pages, NAME.html, at its top, and words/LANG.txt; either
// may be missing, and nil is a part without anything. Load fails, and names each problem,
// when two parts have a page or a key in common, when words cannot be read, and when a
// sentence has a placeholder that English has not, so that people would read braces.
func Load(brand Brand, parts ...fs.FS) (*Set, error) {
	l := &loader{Set: &Set{languages: []string{source}, // the matcher falls back to the first
		words: map[string]map[string]string{source: {}}, pages: map[string]*template.Template{}, logoText: brand.LogoText}}
	for _, part := range append([]fs.FS{files}, parts...) {
		if part != nil {
			l.addWords(part, "")
			l.addPages(part)
		}
	}
	if brand.Files != nil {
		l.addWords(brand.Files, "brand/")
	}
	if err := errors.Join(l.problems...); err != nil {
		return nil, err
	}
	var tags []language.Tag
	for _, lang := range l.languages {
		l.words[lang]["language.name"] = cmp.Or(l.words[lang]["language.name"], lang) // "English" would be there twice
		tags = append(tags, language.Make(lang))
	}
	l.matcher = language.NewMatcher(tags)
	return l.Set, nil
}

// loader is a Set in the making, with what is wrong with it.
type loader struct {
	*Set
	problems []error
}

func (l *loader) wrong(format string, args ...any) {
	l.problems = append(l.problems, fmt.Errorf(format, args...))
}

// addPages adds the pages of a part, each in our frame.
func (l *loader) addPages(part fs.FS) {
	names, _ := fs.Glob(part, "*.html") // only a bad pattern is an error
	for _, name := range names {
		if l.pages[name] != nil {
			l.wrong("two parts have the page %s: one of them needs another name", name)
			continue
		}
		page, err := template.New(layout).Option("missingkey=error").ParseFS(files, layout)
		if err == nil {
			page, err = page.ParseFS(part, name)
		}
		if err != nil {
			l.wrong("parse %s: %w", name, err)
			continue
		}
		if name != layout && (page.Lookup("title") == nil || page.Lookup("main") == nil) {
			l.wrong("the page %s must define \"title\" and \"main\", which stand in our frame", name)
		}
		l.pages[name] = page
	}
}

// Languages are the codes of the languages there are, as in the lang attribute of HTML, English first.
func (s *Set) Languages() []string { return slices.Clone(s.languages) }

// acceptMost is more than browsers send of an Accept-Language. Reading 31 KB of it takes milliseconds.
const acceptMost = 256

// Match is the language to answer in: chosen, when it is one of ours, else the
// best for the Accept-Language header, else English.
func (s *Set) Match(chosen, acceptLanguage string) string {
	if slices.Contains(s.languages, chosen) {
		return chosen
	}
	if len(acceptLanguage) > acceptMost { // up to a whole tag: half of one may be another one, or one without its value
		acceptLanguage = acceptLanguage[:max(strings.LastIndexByte(acceptLanguage[:acceptMost], ','), 0)]
	}
	// A header that does not parse still yields the tags before the mistake.
	wanted, _, _ := language.ParseAcceptLanguage(acceptLanguage)
	_, i, _ := s.matcher.Match(wanted...)
	return s.languages[i]
}

// Render writes the page of the file NAME.html, ours or an extra's. A page that fails
// writes nothing, so that the caller can still answer with something else.
func (s *Set) Render(w io.Writer, page string, p Page) error {
	t := s.pages[page+".html"]
	if t == nil {
		return fmt.Errorf("render %q: no such page", page)
	}
	p.Lang = s.Match(p.Lang, "")
	var out bytes.Buffer
	err := t.Execute(&out, view{Page: p, Set: s, Name: page, LogoText: s.logoText})
	if err == nil {
		_, err = out.WriteTo(w)
	}
	if err != nil {
		return fmt.Errorf("render %s: %w", page, err)
	}
	return nil
}

// Package templates owns what people read: the pages and the words, in every language.
//
// It decides how a page looks and how a sentence is written, never what is
// shown to whom: handlers fill a Page and choose the keys. Extras bring pages and
// words of their own, and a team's brand has the last word. Adding a language is
// adding one file to words/.
package templates

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"maps"
	"slices"

	"golang.org/x/text/language"
)

//go:embed *.html words/*.txt
var files embed.FS

// source is the language every other one is compared with, and the one shown
// to people whose language we do not have.
const source = "en"

// Set is every page in every language, parsed once. It is safe for concurrent use.
type Set struct {
	languages []string
	matcher   language.Matcher
	words     map[string]map[string]string  // language, key, sentence
	pages     map[string]*template.Template // by the name of the file
	logoText  string
}

// layout is the frame of every page, ours alone.
const layout = "layout.html"

// Load parses our own pages and words, then those of the other parts, then the
// brand's words. A part has pages, NAME.html, at its top, and words/LANG.txt; either
// may be missing, and nil is a part without anything. Load fails, and names each
// problem, when two parts have a page or a key of words in common, when a part
// lacks a language, a sentence or a placeholder of its English file or has one too
// many, and when the brand's words have a placeholder that nothing fills in.
func Load(brand Brand, parts ...fs.FS) (*Set, error) {
	frame, err := template.New(layout).Option("missingkey=error").ParseFS(files, layout)
	if err != nil {
		return nil, fmt.Errorf("parse %s: %w", layout, err)
	}
	s := &Set{words: map[string]map[string]string{}, pages: map[string]*template.Template{layout: frame}, logoText: brand.LogoText}
	problems := append(s.addWords(files), s.addPages(files)...)
	for _, part := range parts {
		if part != nil {
			problems = append(problems, s.addWords(part)...)
			problems = append(problems, s.addPages(part)...)
		}
	}
	problems = append(problems, s.addBrand(brand)...)
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	var tags []language.Tag
	for _, lang := range s.languages {
		tags = append(tags, language.Make(lang))
	}
	s.matcher = language.NewMatcher(tags)
	return s, nil
}

// addWords adds the words of a part. The first part, ours, decides which
// languages there are.
func (s *Set) addWords(part fs.FS) []error {
	words, problems := readWords(part, "")
	if s.languages == nil {
		others := slices.Sorted(maps.Keys(words))
		others = slices.DeleteFunc(others, func(lang string) bool { return lang == source })
		s.languages = append([]string{source}, others...) // the matcher falls back to the first
	}
	if len(words) > 0 {
		problems = append(problems, compareLanguages(s.languages, words)...)
	}
	for _, key := range slices.Sorted(maps.Keys(words[source])) {
		if _, twice := s.words[source][key]; twice {
			problems = append(problems, fmt.Errorf("two parts have words for %s: one of them needs another key", key))
		}
	}
	for lang := range words {
		if s.words[lang] == nil {
			s.words[lang] = map[string]string{}
		}
		maps.Copy(s.words[lang], words[lang])
	}
	return problems
}

// addPages adds the pages of a part, each in our frame.
func (s *Set) addPages(part fs.FS) (problems []error) {
	names, err := fs.Glob(part, "*.html")
	if err != nil {
		return []error{fmt.Errorf("list pages: %w", err)}
	}
	for _, name := range names {
		if name == layout && part == fs.FS(files) {
			continue
		}
		if s.pages[name] != nil {
			problems = append(problems, fmt.Errorf("two parts have the page %s: one of them needs another name", name))
			continue
		}
		t, err := s.pages[layout].Clone()
		if err == nil {
			t, err = t.ParseFS(part, name)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("parse %s: %w", name, err))
			continue
		}
		s.pages[name] = t
	}
	return problems
}

// Languages are the codes of the languages there are, English first, each as
// in the lang attribute of HTML.
func (s *Set) Languages() []string { return slices.Clone(s.languages) }

// Match is the language to answer in: chosen, when it is one of ours, else the
// best for the Accept-Language header, else English.
func (s *Set) Match(chosen, acceptLanguage string) string {
	if slices.Contains(s.languages, chosen) {
		return chosen
	}
	// A header that does not parse still yields the tags before the mistake.
	wanted, _, _ := language.ParseAcceptLanguage(acceptLanguage)
	_, i, _ := s.matcher.Match(wanted...)
	return s.languages[i]
}

// Render writes a page by its name, which is that of its file: "verification",
// "members", "connect", "disconnect", "error", or one of an extra. A page that fails writes nothing, so that the caller can still answer
// with something else.
func (s *Set) Render(w io.Writer, page string, p Page) error {
	t := s.pages[page+".html"]
	if t == nil {
		return fmt.Errorf("render %q: no such page", page)
	}
	p.Lang = s.Match(p.Lang, "")
	var out bytes.Buffer
	if err := t.Execute(&out, view{Page: p, Name: page, set: s}); err != nil {
		return fmt.Errorf("render %s: %w", page, err)
	}
	if _, err := out.WriteTo(w); err != nil {
		return fmt.Errorf("write %s: %w", page, err)
	}
	return nil
}

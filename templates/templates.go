// Package templates owns what people read: the pages and the words, in every language.
//
// It decides how a page looks and how a sentence is written, never what is
// shown to whom: handlers fill a Page and choose the keys. Adding a language is
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
	"path"
	"slices"
	"strings"

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
	words     map[string]map[string]string // language, key, sentence
	pages     map[string]*template.Template
}

// Load parses the embedded pages and words. It fails when a language lacks a
// sentence or a placeholder of the English file, or has one too many.
func Load() (*Set, error) { return LoadFrom(files) }

// LoadFrom is Load for other files: *.html next to a folder words with one
// file a language, for example words/en.txt, which must be there.
func LoadFrom(files fs.FS) (*Set, error) {
	s := &Set{words: map[string]map[string]string{}, pages: map[string]*template.Template{}}
	if err := s.loadWords(files); err != nil {
		return nil, err
	}
	if err := s.loadPages(files); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Set) loadWords(files fs.FS) error {
	// The matcher falls back to the first language it is given.
	s.languages = []string{source}
	names, err := fs.Glob(files, "words/*.txt")
	if err != nil {
		return fmt.Errorf("list words: %w", err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return fmt.Errorf("read words: %w", err)
		}
		lang := strings.TrimSuffix(path.Base(name), ".txt")
		if s.words[lang], err = parseWords(string(text)); err != nil {
			return fmt.Errorf("parse %s: %w", name, err)
		}
		if lang != source {
			s.languages = append(s.languages, lang)
		}
	}
	if s.words[source] == nil {
		return fmt.Errorf("words/%s.txt is missing", source)
	}
	var tags []language.Tag
	var problems []error
	for _, lang := range s.languages {
		tag, err := language.Parse(lang)
		if err != nil {
			problems = append(problems, fmt.Errorf("words/%s.txt is not named after a language: %w", lang, err))
		}
		tags = append(tags, tag)
		problems = append(problems, compareWords(lang, s.words[source], s.words[lang])...)
	}
	s.matcher = language.NewMatcher(tags)
	return errors.Join(problems...)
}

func (s *Set) loadPages(files fs.FS) error {
	names, err := fs.Glob(files, "*.html")
	if err != nil {
		return fmt.Errorf("list pages: %w", err)
	}
	for _, name := range names {
		if name == "layout.html" {
			continue
		}
		t, err := template.New("layout.html").Option("missingkey=error").ParseFS(files, "layout.html", name)
		if err != nil {
			return fmt.Errorf("parse %s: %w", name, err)
		}
		s.pages[strings.TrimSuffix(name, ".html")] = t
	}
	return nil
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

// Render writes a page: "verification", "members", "connect", "disconnect" or
// "error". A page that fails writes nothing, so that the caller can still answer
// with something else.
func (s *Set) Render(w io.Writer, page string, p Page) error {
	t := s.pages[page]
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

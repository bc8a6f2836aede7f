package templates

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/language"
)

// placeholder is what T replaces, for example {n}.
var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// readWords reads words/LANG.txt of a part, by language. The prefix says in
// problems whose files these are.
func readWords(part fs.FS, prefix string) (words map[string]map[string]string, problems []error) {
	names, err := fs.Glob(part, "words/*.txt")
	if err != nil {
		return nil, []error{fmt.Errorf("list %swords: %w", prefix, err)}
	}
	words = map[string]map[string]string{}
	for _, name := range names {
		lang := strings.TrimSuffix(path.Base(name), ".txt")
		if tag, err := language.Parse(lang); err != nil || tag.String() != lang {
			problems = append(problems, fmt.Errorf("%s%s is not named after a language, as in de.txt or pt-BR.txt", prefix, name))
			continue
		}
		text, err := fs.ReadFile(part, name)
		if err != nil {
			problems = append(problems, fmt.Errorf("read %s%s: %w", prefix, name, err))
			continue
		}
		if words[lang], err = parseWords(string(text)); err != nil {
			problems = append(problems, fmt.Errorf("%s%s: %w", prefix, name, err))
		}
	}
	return words, problems
}

// parseWords reads lines of the form "key = sentence"; empty lines and those
// that start with # are skipped.
func parseWords(text string) (map[string]string, error) {
	if !utf8.ValidString(text) {
		return nil, errors.New("the file is not in UTF-8: save it so")
	}
	words := map[string]string{}
	// Editors on Windows begin a file with a byte order mark.
	for i, line := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, sentence, ok := strings.Cut(line, " = ")
		key, sentence = strings.TrimSpace(key), strings.TrimSpace(sentence)
		if !ok || key == "" || sentence == "" {
			return nil, fmt.Errorf("line %d is not \"key = sentence\"", i+1)
		}
		if _, twice := words[key]; twice {
			return nil, fmt.Errorf("line %d: %s is there twice", i+1, key)
		}
		if strings.ContainsAny(placeholder.ReplaceAllString(sentence, ""), "{}") {
			return nil, fmt.Errorf("line %d: a brace of %s is no part of a {placeholder}", i+1, key)
		}
		words[key] = sentence
	}
	return words, nil
}

// compareLanguages tells what the words of a part lack in these languages, or
// have too many.
func compareLanguages(languages []string, words map[string]map[string]string) (problems []error) {
	for _, lang := range slices.Sorted(maps.Keys(words)) {
		if !slices.Contains(languages, lang) {
			problems = append(problems, fmt.Errorf("words/%s.txt is in a language that our own words are not in", lang))
		}
	}
	for _, lang := range languages {
		if words[lang] == nil {
			problems = append(problems, fmt.Errorf("words/%s.txt is missing: a part that has words has them in all our languages", lang))
		} else if words[source] != nil {
			problems = append(problems, compareWords(lang, words[source], words[lang])...)
		}
	}
	return problems
}

// compareWords tells what a translation lacks or has too many.
func compareWords(lang string, want, have map[string]string) (problems []error) {
	for _, key := range slices.Sorted(maps.Keys(want)) {
		sentence, ok := have[key]
		if !ok {
			problems = append(problems, fmt.Errorf("words/%s.txt lacks %s", lang, key))
		} else if !slices.Equal(placeholders(want[key]), placeholders(sentence)) {
			problems = append(problems, fmt.Errorf("words/%s.txt: %s has other placeholders than English", lang, key))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(have)) {
		if _, ok := want[key]; !ok {
			problems = append(problems, fmt.Errorf("words/%s.txt: English has no %s", lang, key))
		}
	}
	return problems
}

func placeholders(sentence string) []string {
	found := placeholder.FindAllString(sentence, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// T is the sentence for a key, with placeholders given as name and value in
// turn: T("en", "attempts.left", "n", "2", "max", "3"). A language that we do
// not have reads English; an unknown key is returned as it is, and Has tells.
func (s *Set) T(lang, key string, args ...string) string {
	words := s.words[lang]
	if words == nil {
		words = s.words[source]
	}
	sentence, ok := words[key]
	if !ok {
		return key
	}
	if len(args) < 2 {
		return sentence
	}
	var pairs []string
	for i := 0; i+1 < len(args); i += 2 {
		pairs = append(pairs, "{"+args[i]+"}", args[i+1])
	}
	// A Replacer goes through the sentence once: a value with braces in it is
	// never read as a placeholder.
	return strings.NewReplacer(pairs...).Replace(sentence)
}

// Has tells whether there is a sentence for the key.
func (s *Set) Has(lang, key string) bool {
	_, ok := s.words[lang][key]
	return ok
}

// Date is a day and a time, in UTC and said so, as people write it in the language.
func (s *Set) Date(lang string, t time.Time) string {
	t = t.UTC()
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 {
		day = s.T(lang, "date.first") // French: 1er
	}
	months := strings.Split(s.T(lang, "date.months"), ", ")
	month := t.Month().String()
	if len(months) == 12 {
		month = months[t.Month()-1]
	}
	return s.T(lang, "date.format", "day", day, "month", month,
		"year", strconv.Itoa(t.Year()), "time", t.Format("15:04"))
}

package templates

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// placeholder is what T replaces, for example {n}.
var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// parseWords reads lines of the form "key = sentence"; empty lines and those
// that start with # are skipped.
func parseWords(text string) (map[string]string, error) {
	words := map[string]string{}
	for i, line := range strings.Split(text, "\n") {
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

package templates

import (
	"cmp"
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

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// addWords adds the words of a part, or with a prefix puts the brand's in their place.
// A key that English lacks is nobody's.
func (l *loader) addWords(part fs.FS, prefix string) {
	words, err := ReadWords(part, prefix)
	l.problems = append(l.problems, err)
	english := words[source]
	if prefix != "" {
		english = maps.Clone(l.words[source]) // before the brand's own English replaces it
	}
	for _, lang := range slices.Sorted(maps.Keys(words)) {
		if l.words[lang] == nil {
			l.words[lang], l.languages = map[string]string{}, append(l.languages, lang)
		}
		for _, key := range slices.Sorted(maps.Keys(words[lang])) {
			if english[key] == "" {
				continue
			}
			if prefix == "" && lang == source && l.words[lang][key] != "" {
				l.wrong("two parts have words for %s: one of them needs another key", key)
			}
			l.comparePlaceholders(prefix+"words/"+lang+".txt: "+key, english[key], words[lang][key])
			l.words[lang][key] = words[lang][key]
		}
	}
}

func (l *loader) comparePlaceholders(where, ours, theirs string) {
	known, without := Placeholders(ours), "without it"
	if len(known) > 0 {
		without += ", or with " + strings.Join(known, ", ")
	}
	for _, found := range Placeholders(theirs) {
		if !slices.Contains(known, found) {
			l.wrong("%s has %s, which nothing fills in: write the sentence %s", where, found, without)
		}
	}
}

// ReadWords reads words/LANG.txt of a part: sentences by language and key. The prefix
// stands before the names of files in the error, which has every problem.
func ReadWords(part fs.FS, prefix string) (map[string]map[string]string, error) {
	names, _ := fs.Glob(part, "words/*.txt") // only a bad pattern is an error
	words, problems := map[string]map[string]string{}, []error{}
	for _, name := range names {
		lang := strings.TrimSuffix(path.Base(name), ".txt")
		if tag, err := language.Parse(lang); err != nil || tag.String() != lang {
			problems = append(problems, fmt.Errorf("%s%s is not named after a language, as in de.txt or pt-BR.txt", prefix, name))
			continue
		}
		text, err := fs.ReadFile(part, name)
		if err == nil {
			words[lang], err = parseWords(string(text))
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s%s: %w", prefix, name, err))
		}
	}
	return words, errors.Join(problems...)
}

// parseWords reads lines of the form "key = sentence"; empty lines and those that start with # are skipped.
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

// Placeholders are what T replaces in a sentence, such as {n}, each once.
func Placeholders(sentence string) []string {
	found := placeholder.FindAllString(sentence, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// T is the sentence for a key, with placeholders given as name and value in
// turn: T("en", "attempts.left", "n", "2", "max", "3"). What a language
// lacks is read in English; an unknown key is returned as it is, and Has tells.
func (s *Set) T(lang, key string, args ...string) string {
	var pairs []string
	for i := 0; i+1 < len(args); i += 2 {
		pairs = append(pairs, "{"+args[i]+"}", args[i+1])
	}
	// A Replacer goes through the sentence once: a value with braces is never read as a placeholder.
	return strings.NewReplacer(pairs...).Replace(cmp.Or(s.find(lang, key), key))
}

// Has tells whether there is a sentence for the key, be it in English.
func (s *Set) Has(lang, key string) bool { return s.find(lang, key) != "" }

// find finds a sentence, none of which is empty.
func (s *Set) find(lang, key string) string { return cmp.Or(s.words[lang][key], s.words[source][key]) }

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

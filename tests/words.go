package tests

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"example.com/identity-starter/templates"
)

// CompleteWords says what the words of a part of ours lack or have too many: a language
// that the core's own words are in, a sentence of its English file, a placeholder of a
// sentence. templates.Load lets a team's words lack what they like, and reads English.
func CompleteWords(part fs.FS) error {
	core, err := templates.Load(templates.Brand{})
	if err != nil {
		return err
	}
	words, err := templates.ReadWords(part, "")
	problems := []error{err}
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	english := words["en"]
	for _, lang := range core.Languages() {
		if words[lang] == nil {
			wrong("words/%s.txt is missing: a part that has words has them in all our languages", lang)
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(english)) {
			if words[lang][key] == "" {
				wrong("words/%s.txt lacks %s", lang, key)
			} else if !slices.Equal(templates.Placeholders(english[key]), templates.Placeholders(words[lang][key])) {
				wrong("words/%s.txt: %s has other placeholders than English", lang, key)
			}
		}
	}
	for _, lang := range slices.Sorted(maps.Keys(words)) {
		if !slices.Contains(core.Languages(), lang) {
			wrong("words/%s.txt is in a language that our own words are not in", lang)
		}
		for _, key := range slices.Sorted(maps.Keys(words[lang])) {
			if english[key] == "" {
				wrong("words/%s.txt: English has no %s", lang, key)
			}
		}
	}
	return errors.Join(problems...)
}

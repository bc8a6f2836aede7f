package templates

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

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
	// The words replace ours by their key, or add a language, which reads English
	// where it lacks a key. A key that is nowhere else is ignored: it may be one of
	// an extra that is not in the program.
	Files fs.FS
}

// addBrand puts the brand's words in place of ours.
func (s *Set) addBrand(brand Brand) []error {
	if brand.Files == nil {
		return nil
	}
	words, problems := readWords(brand.Files, "brand/")
	english := maps.Clone(s.words[source])
	for _, lang := range slices.Sorted(maps.Keys(words)) {
		if s.words[lang] == nil {
			s.languages = append(s.languages, lang)
			s.words[lang] = map[string]string{"language.name": lang} // "English" would be there twice
		}
		for _, key := range slices.Sorted(maps.Keys(words[lang])) {
			ours, known := english[key]
			if !known {
				continue
			}
			if err := unknownPlaceholder(ours, words[lang][key]); err != nil {
				problems = append(problems, fmt.Errorf("brand/words/%s.txt: %s %w", lang, key, err))
			}
			s.words[lang][key] = words[lang][key]
		}
	}
	for _, lang := range s.languages {
		for key, sentence := range s.words[source] {
			if _, ok := s.words[lang][key]; !ok {
				s.words[lang][key] = sentence
			}
		}
	}
	return problems
}

// unknownPlaceholder refuses a sentence with a placeholder that ours has not:
// nothing would replace it, and people would read the braces.
func unknownPlaceholder(ours, theirs string) error {
	known := placeholders(ours)
	for _, found := range placeholders(theirs) {
		if slices.Contains(known, found) {
			continue
		}
		if len(known) == 0 {
			return fmt.Errorf("has %s, which nothing fills in: write the sentence without it", found)
		}
		return fmt.Errorf("has %s, which nothing fills in: write the sentence without it, or with %s", found, strings.Join(known, ", "))
	}
	return nil
}

package templates

import (
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
func (l *loader) addBrand(files fs.FS) {
	words, english := l.readWords(files, "brand/"), maps.Clone(l.words[source])
	for _, lang := range slices.Sorted(maps.Keys(words)) {
		if l.words[lang] == nil {
			l.addLanguage(lang)
			l.words[lang]["language.name"] = lang // "English" would be there twice
		}
		for _, key := range slices.Sorted(maps.Keys(words[lang])) {
			if ours, theirs := english[key], words[lang][key]; ours != "" {
				l.comparePlaceholders(lang, key, ours, theirs)
				l.words[lang][key] = theirs
			}
		}
	}
}

// comparePlaceholders refuses a sentence of a brand with a placeholder that ours has
// not: nothing would replace it, and people would read the braces.
func (l *loader) comparePlaceholders(lang, key, ours, theirs string) {
	known, without := placeholders(ours), "without it"
	if len(known) > 0 {
		without += ", or with " + strings.Join(known, ", ")
	}
	for _, found := range placeholders(theirs) {
		if !slices.Contains(known, found) {
			l.wrong("brand/words/%s.txt: %s has %s, which nothing fills in: write the sentence %s", lang, key, found, without)
		}
	}
}

package static_test

import (
	"io/fs"
	"regexp"
	"testing"

	"example.com/identity-starter/static"
)

// elsewhere is an address on another host; the name of the SVG format is none.
var elsewhere = regexp.MustCompile(`(?i)(https?:)?//[a-z0-9-]+\.[a-z]|@import`)

func TestFilesLoadNothingFromElsewhere(t *testing.T) {
	for _, name := range []string{"style.css", "review.css", "app.js", "favicon.svg"} {
		text, err := fs.ReadFile(static.Files, name)
		if err != nil {
			t.Fatalf("every page loads %s: %v", name, err)
		}
		for _, found := range elsewhere.FindAllString(string(text), -1) {
			if name != "favicon.svg" || found != "http://www.w" {
				t.Errorf("%s names another host (%q): pages load nothing from third parties", name, found)
			}
		}
	}
}

func TestVersionIsShortAndStable(t *testing.T) {
	if v := static.Version(); len(v) != 8 || v != static.Version() {
		t.Errorf("Version is %q: it must be 8 characters and the same for the same files", v)
	}
}

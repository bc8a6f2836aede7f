package static_test

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"example.com/identity-starter/static"
)

// elsewhere is an address on another host; the name of the SVG format is none.
var elsewhere = regexp.MustCompile(`(?i)(https?:)?//[a-z0-9-]+\.[a-z]|@import`)

func ours(t *testing.T, brand fs.FS, parts ...fs.FS) *static.Set {
	t.Helper()
	set, err := static.New(brand, parts...)
	if err != nil {
		t.Fatalf("these files must fit together: %v", err)
	}
	return set
}

func read(t *testing.T, set fs.FS, name string) string {
	t.Helper()
	text, err := fs.ReadFile(set, name)
	if err != nil {
		t.Fatalf("every page loads %s: %v", name, err)
	}
	return string(text)
}

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestFilesLoadNothingFromElsewhere(t *testing.T) {
	set := ours(t, nil)
	for _, name := range []string{"style.css", "app.js", "favicon.svg"} {
		for _, found := range elsewhere.FindAllString(read(t, set, name), -1) {
			if name != "favicon.svg" || found != "http://www.w" {
				t.Errorf("%s names another host (%q): pages load nothing from third parties", name, found)
			}
		}
	}
}

func TestVersionIsShortAndStable(t *testing.T) {
	if v := ours(t, nil).Version; len(v) != 8 || v != ours(t, nil).Version {
		t.Errorf("Version is %q: it must be 8 characters and the same for the same files", v)
	}
	seen := map[string]string{}
	for name, set := range map[string]*static.Set{"ours": ours(t, nil), "a logo": ours(t, fstest.MapFS{"logo.svg": file("a")}),
		"another logo": ours(t, fstest.MapFS{"logo.svg": file("b")}), "a style": ours(t, fstest.MapFS{"style.css": file("a")}),
		"an extra": ours(t, nil, fstest.MapFS{"notes.css": file("a")})} {
		if other, twice := seen[set.Version]; twice {
			t.Errorf("%s and %s have the same version: a browser would keep the old files", name, other)
		}
		seen[set.Version] = name
	}
}

func TestPartsAreOneSet(t *testing.T) {
	set := ours(t, fstest.MapFS{"LOGO.PNG": file("logo"), "Style.css": file("theirs"), "README.md": file("for the team"), "logo.txt": file("no logo"),
		"words/en.txt": file("a = b")}, nil, fstest.MapFS{"notes.css": file("notes")}, fstest.MapFS{"more.js": file("more")})
	for name, want := range map[string]string{"brand/logo.png": "logo", "brand/style.css": "theirs", "notes.css": "notes", "more.js": "more"} {
		if got := read(t, set, name); got != want {
			t.Errorf("%s must be the part's, got %q", name, got)
		}
	}
	if set.Logo != "brand/logo.png" || set.Style != "brand/style.css" {
		t.Errorf("pages must learn of the brand's files, got %q and %q", set.Logo, set.Style)
	}
	for _, name := range []string{"brand/README.md", "README.md", "brand/logo.txt", "brand/words/en.txt", "brand", ".", ""} {
		if _, err := fs.Stat(set, name); err == nil {
			t.Errorf("%q is not for browsers", name)
		}
	}
	if set := ours(t, nil); set.Logo != "" || set.Style != "" {
		t.Error("without a brand there is neither logo nor style of it")
	}
}

func TestPartsThatDoNotFit(t *testing.T) {
	two := fstest.MapFS{"logo.svg": file("a"), "logo.png": file("b")}
	folder := fstest.MapFS{"style.css/inner": file("a")}
	for name, c := range map[string]struct {
		brand fs.FS
		parts []fs.FS
		want  []string
	}{
		"a file of ours":        {nil, []fs.FS{fstest.MapFS{"app.js": file("a")}}, []string{"app.js"}},
		"a file of two extras":  {nil, []fs.FS{fstest.MapFS{"notes.css": file("a")}, fstest.MapFS{"notes.css": file("a")}}, []string{"notes.css"}},
		"a file of the brand":   {fstest.MapFS{"style.css": file("a")}, []fs.FS{fstest.MapFS{"brand/style.css": file("a")}}, []string{"brand/style.css"}},
		"two logos":             {two, nil, []string{"two logos", "logo.svg", "logo.png"}},
		"a style that is none":  {folder, nil, []string{"brand/style.css"}},
		"two problems, at once": {two, []fs.FS{fstest.MapFS{"app.js": file("a")}}, []string{"two logos", "app.js"}},
		"a folder that is gone": {gone{}, nil, []string{"brand"}},
	} {
		_, err := static.New(c.brand, c.parts...)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s must be refused, and %q be named, got %v", name, want, err)
			}
		}
	}
}

// gone is a folder that cannot be read.
type gone struct{}

func (gone) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

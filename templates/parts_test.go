package templates_test

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"example.com/identity-starter/templates"
	"example.com/identity-starter/tests"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

// part has these words in all our languages, and besides or instead the files
// that are given; a nil file is taken away.
func part(t *testing.T, words string, files fstest.MapFS) fstest.MapFS {
	t.Helper()
	p := fstest.MapFS{}
	for _, lang := range load(t).Languages() {
		p["words/"+lang+".txt"] = file(words)
	}
	maps.Copy(p, files)
	maps.DeleteFunc(p, func(_ string, f *fstest.MapFile) bool { return f == nil })
	return p
}

// refused holds against what was loaded that it must not, and that each of these is named.
func refused(t *testing.T, name string, err error, named ...string) {
	t.Helper()
	for _, want := range named {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s must stop the program, and the problem name %q, got %v", name, want, err)
		}
	}
}

const notes = "# comment\nnotes.a = one\n\nnotes.b = two {n}\n"

func TestPartsAreOneSet(t *testing.T) {
	page := fstest.MapFS{"notes.html": file(`{{define "title"}}{{.T "notes.a"}}{{end}}{{define "main"}}<h1>{{.T "notes.b" "n" 2}}</h1>{{end}}`)}
	set, err := templates.Load(templates.Brand{}, part(t, notes, page), nil, fstest.MapFS{"bare.html": page["notes.html"]}, part(t, "more.a = {app}", nil))
	if err != nil {
		t.Fatalf("parts that have nothing in common must fit together: %v", err)
	}
	for _, name := range []string{"notes", "bare"} {
		var out bytes.Buffer
		if err := set.Render(&out, name, templates.Page{AppName: "Shop"}); err != nil {
			t.Fatalf("the page of a part must be there: %v", err)
		}
		for _, want := range []string{"<title>one – Shop</title>", "<h1>two 2</h1>", set.T("en", "nav.verification")} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s must have its own words in our frame and lacks %s", name, want)
			}
		}
	}
}

func TestPartsMustHaveNothingInCommon(t *testing.T) {
	page := file(`{{define "title"}}{{end}}{{define "main"}}{{end}}`)
	for name, c := range map[string]struct {
		parts []fs.FS
		want  string
	}{
		"a page of ours":        {[]fs.FS{fstest.MapFS{"members.html": page}}, "members.html"},
		"our frame":             {[]fs.FS{fstest.MapFS{"layout.html": page}}, "layout.html"},
		"a page of two extras":  {[]fs.FS{fstest.MapFS{"notes.html": page}, fstest.MapFS{"notes.html": page}}, "notes.html"},
		"words of ours":         {[]fs.FS{part(t, "way.again = again", nil)}, "way.again"},
		"words of two extras":   {[]fs.FS{part(t, "notes.a = one", nil), part(t, "notes.a = one", nil)}, "notes.a"},
		"a page that is broken": {[]fs.FS{fstest.MapFS{"notes.html": file("{{")}}, "notes.html"},
	} {
		_, err := templates.Load(templates.Brand{}, c.parts...)
		refused(t, name, err, c.want)
	}
}

// Load would have people read English, or braces.
func TestOurWordsAreComplete(t *testing.T) {
	if err := tests.CompleteWords(os.DirFS(".")); err != nil {
		t.Error(err)
	}
	if err := tests.CompleteWords(part(t, notes, nil)); err != nil {
		t.Errorf("a part that has its words in all our languages is complete, got %v", err)
	}
}

// What no team may have wrong stops the program. What ours alone must not lack, a test finds.
func TestWordsThatDiffer(t *testing.T) {
	loaded := func(p fs.FS) error {
		_, err := templates.Load(templates.Brand{}, p)
		return err
	}
	differ := func(name string, check func(fs.FS) error, lang, words string) {
		t.Helper()
		refused(t, name+" in "+lang, check(part(t, notes, fstest.MapFS{"words/" + lang + ".txt": file(words)})), "words/"+lang+".txt")
	}
	for _, lang := range load(t).Languages()[1:] {
		for name, words := range map[string]string{
			"a missing key":       "notes.a = eins",
			"a key too many":      "notes.a = eins\nnotes.b = {n} zwei\nnotes.c = drei",
			"another placeholder": "notes.a = eins\nnotes.b = {m} zwei",
			"a lost placeholder":  "notes.a = eins\nnotes.b = zwei",
		} {
			differ(name, tests.CompleteWords, lang, words)
		}
		for name, words := range map[string]string{
			"another placeholder":   "notes.a = eins\nnotes.b = {m} zwei",
			"a key given twice":     "notes.a = eins\nnotes.a = eins\nnotes.b = {n} zwei",
			"a broken placeholder":  "notes.a = eins\nnotes.b = {n zwei",
			"a line without a key":  "notes.a = eins\nnotes.b = {n} zwei\nthree",
			"a sentence left empty": "notes.a =\nnotes.b = {n} zwei",
			"another encoding":      "notes.a = \xe9\nnotes.b = {n} zwei",
		} {
			differ(name, loaded, lang, words)
			differ(name, tests.CompleteWords, lang, words)
		}
	}
	for _, lang := range load(t).Languages() {
		refused(t, "a part that lacks a language", tests.CompleteWords(part(t, notes, fstest.MapFS{"words/" + lang + ".txt": nil})), "words/"+lang+".txt")
	}
	refused(t, "a language of a part alone", tests.CompleteWords(part(t, notes, fstest.MapFS{"words/tlh.txt": file(notes)})), "words/tlh.txt")
	none := part(t, notes, fstest.MapFS{"words/klingon_x.txt": file(notes)})
	refused(t, "a file that is named after no language", loaded(none), "words/klingon_x.txt")
	refused(t, "a file that is named after no language", tests.CompleteWords(none), "words/klingon_x.txt")
}

// A part that a team wrote in one or two languages must not keep the program from starting.
func TestPartThatLacksLanguages(t *testing.T) {
	files := fstest.MapFS{"words/en.txt": file(notes), "words/de.txt": file("notes.a = eins\nnotes.c = drei"), "words/tlh.txt": file("notes.b = {n} cha'")}
	set, err := templates.Load(templates.Brand{}, files)
	if err != nil {
		t.Fatalf("what a part lacks is read in English: %v", err)
	}
	for lang, want := range map[string]string{"en": "one two 2", "de": "eins two 2", "fr": "one two 2", "tlh": "one 2 cha'"} {
		if got := set.T(lang, "notes.a") + " " + set.T(lang, "notes.b", "n", "2"); got != want {
			t.Errorf("%s: want %q, got %q", lang, want, got)
		}
	}
	if set.Has("de", "notes.c") {
		t.Error("a key that English lacks must be ignored")
	}
	if got := set.T("tlh", "language.name"); got != "tlh" {
		t.Errorf("a language must be called by a name of its own, got %q", got)
	}
}

package templates_test

import (
	"bytes"
	"io/fs"
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"example.com/identity-starter/templates"
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

func TestLoadRefusesWordsThatDiffer(t *testing.T) {
	set := load(t)
	for name, words := range map[string]string{
		"a missing key":         "notes.a = eins",
		"a key too many":        "notes.a = eins\nnotes.b = {n} zwei\nnotes.c = drei",
		"another placeholder":   "notes.a = eins\nnotes.b = {m} zwei",
		"a lost placeholder":    "notes.a = eins\nnotes.b = zwei",
		"a key given twice":     "notes.a = eins\nnotes.a = eins\nnotes.b = {n} zwei",
		"a broken placeholder":  "notes.a = eins\nnotes.b = {n zwei",
		"a line without a key":  "notes.a = eins\nnotes.b = {n} zwei\nthree",
		"a sentence left empty": "notes.a =\nnotes.b = {n} zwei",
		"another encoding":      "notes.a = \xe9\nnotes.b = {n} zwei",
	} {
		for _, lang := range set.Languages()[1:] {
			_, err := templates.Load(templates.Brand{}, part(t, notes, fstest.MapFS{"words/" + lang + ".txt": file(words)}))
			refused(t, name+" in a language", err, "words/"+lang+".txt")
		}
	}
	for _, lang := range set.Languages() {
		_, err := templates.Load(templates.Brand{}, part(t, notes, fstest.MapFS{"words/" + lang + ".txt": nil}))
		refused(t, "a part that lacks a language", err, "words/"+lang+".txt")
	}
	_, err := templates.Load(templates.Brand{}, part(t, notes, fstest.MapFS{"words/tlh.txt": file(notes)}))
	refused(t, "a language of a part alone", err, "words/tlh.txt")
	_, err = templates.Load(templates.Brand{}, part(t, notes, fstest.MapFS{"words/klingon_x.txt": file(notes)}))
	refused(t, "a file that is named after no language", err, "words/klingon_x.txt")
}

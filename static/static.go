// Package static owns the files that browsers load next to a page: style sheets,
// the script, the icon. All of them come from here: no page needs another host.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
)

//go:embed *.css app.js favicon.svg
var files embed.FS

// Set is every static file of a program: ours, the brand's and those of the
// extras. It is an fs.FS, to be served under /static/, and safe for concurrent use.
type Set struct {
	// Logo and Style are the names of the brand's files in the set: "" where it has none.
	Logo, Style string

	places  map[string]place
	version string
}

// place is where a file of the set lies.
type place struct {
	part fs.FS
	name string
}

// branded are the files of a brand that browsers load.
var branded = regexp.MustCompile(`^(style\.css|logo\.(svg|png|jpg|jpeg|webp|gif|avif))$`)

// New puts together our files, the brand's style.css and logo, and all files of
// the other parts; nil is a part without any. It fails when two parts have a
// file of the same name, when the brand has two logos, and when one cannot be read.
func New(brand fs.FS, parts ...fs.FS) (*Set, error) {
	s := &Set{places: map[string]place{}}
	problems := []error{s.addBrand(brand)}
	for _, part := range append([]fs.FS{files}, parts...) {
		problems = append(problems, s.addPart(part))
	}
	problems = append(problems, s.read())
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return s, nil
}

// addBrand finds the brand's files, also where a name is written in capitals.
// Whatever else lies there is nobody's but the team's.
func (s *Set) addBrand(brand fs.FS) error {
	if brand == nil {
		return nil
	}
	entries, err := fs.ReadDir(brand, ".")
	if err != nil {
		return fmt.Errorf("the folder of the brand cannot be read: %w", err)
	}
	logo := ""
	var problems []error
	for _, entry := range entries {
		file := strings.ToLower(entry.Name())
		name := "brand/" + file
		switch {
		case !branded.MatchString(file):
			continue
		case file == "style.css":
			s.Style = name
		case logo != "":
			problems = append(problems, fmt.Errorf("the brand has two logos, %s and %s: keep one of them", logo, entry.Name()))
			continue
		default:
			logo, s.Logo = entry.Name(), name
		}
		problems = append(problems, s.add(name, place{brand, entry.Name()}))
	}
	return errors.Join(problems...)
}

func (s *Set) addPart(part fs.FS) error {
	if part == nil {
		return nil
	}
	var problems []error
	err := fs.WalkDir(part, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			problems = append(problems, s.add(name, place{part, name}))
		}
		return err
	})
	return errors.Join(append(problems, err)...)
}

func (s *Set) add(name string, at place) error {
	if _, twice := s.places[name]; twice {
		return fmt.Errorf("two parts have the static file %s: one of them needs another name", name)
	}
	s.places[name] = at
	return nil
}

// read makes the version, and finds what cannot be read before a browser does.
func (s *Set) read() error {
	var problems []error
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(s.places)) {
		at := s.places[name]
		text, err := fs.ReadFile(at.part, at.name)
		if err != nil {
			problems = append(problems, fmt.Errorf("the static file %s cannot be read: %w", name, err))
		}
		fmt.Fprintf(sum, "%s %d ", name, len(text))
		sum.Write(text)
	}
	s.version = hex.EncodeToString(sum.Sum(nil))[:8]
	return errors.Join(problems...)
}

// Version is different whenever a file is: 8 characters for the address of a
// file, so that it can be cached for long.
func (s *Set) Version() string { return s.version }

// Open implements fs.FS. There are files only, and no folders to list.
func (s *Set) Open(name string) (fs.File, error) {
	at, ok := s.places[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return at.part.Open(at.name)
}

// Package static owns the files that browsers load next to a page: style sheets,
// the script, the icon. All of them come from here: no page needs another host.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"
)

//go:embed *.css *.js favicon.svg
var files embed.FS

// Set is every static file of a program: ours, the brand's and those of the
// extras. It is an fs.FS, to be served under /static/, and safe for concurrent use.
type Set struct {
	// Logo and Style are the names of the brand's files in the set: "" where it has none.
	Logo, Style string
	// Version is different whenever a file is: 8 characters for addresses, which can be cached for long.
	Version string

	places map[string]func() (fs.File, error) // by name
}

// branded are the files of a brand that browsers load.
var branded = regexp.MustCompile(`^(style\.css|logo\.(svg|png|jpg|jpeg|webp|gif|avif))$`)

// New puts together our files, the brand's style.css and logo, and all files of the other parts; nil is
// a part without any. It fails when a name is there twice, the brand has two logos, or a file cannot be read.
func New(brand fs.FS, parts ...fs.FS) (*Set, error) {
	s, sum := &Set{places: map[string]func() (fs.File, error){}}, sha256.New()
	problems := []error{s.add("brand/", brand, sum)}
	for _, part := range append([]fs.FS{files}, parts...) {
		problems = append(problems, s.add("", part, sum))
	}
	s.Version = hex.EncodeToString(sum.Sum(nil))[:8]
	return s, errors.Join(problems...)
}

// add adds the files of a part: of a brand's those that browsers load, even with a name in capitals.
func (s *Set) add(prefix string, part fs.FS, sum io.Writer) error {
	if part == nil {
		return nil
	}
	var problems []error
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	logo := ""
	_ = fs.WalkDir(part, ".", func(path string, entry fs.DirEntry, err error) error {
		name := path
		if prefix != "" {
			name = prefix + strings.ToLower(path)
		}
		switch {
		case err != nil:
			wrong("the static files of a %spart cannot be read: %w", prefix, err)
			return nil
		case prefix == "" && entry.IsDir(), prefix != "" && !branded.MatchString(name[len(prefix):]):
			return nil
		case s.places[name] != nil:
			wrong("two parts have the static file %s: one of them needs another name", name)
			return nil
		case prefix != "" && strings.HasSuffix(name, ".css"):
			s.Style = name
		case prefix != "" && logo != "":
			wrong("the brand has two logos, %s and %s: keep one of them", logo, path)
			return nil
		case prefix != "":
			logo, s.Logo = path, name
		}
		text, err := fs.ReadFile(part, path)
		if err != nil {
			wrong("the static file %s cannot be read: %w", name, err)
		}
		fmt.Fprintf(sum, "%s %d %s", name, len(text), text)
		s.places[name] = func() (fs.File, error) { return part.Open(path) }
		return nil
	})
	return errors.Join(problems...)
}

// Open implements fs.FS. There are files only, and no folders to list.
func (s *Set) Open(name string) (fs.File, error) {
	if open := s.places[name]; open != nil {
		return open()
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

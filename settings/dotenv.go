package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/joho/godotenv"
)

// entry is what a .env file has under a name.
type entry struct {
	value string // as the parser takes it
	wrong string // why that is not what is written; "": it is
	again bool   // an earlier line has another value, in vain
}

// Dotenv makes a reader of what lookup finds in the environment and, below that, of a
// .env file. No file is fine. The error, which is among the reader's problems, too, is
// one that cannot be read: then the environment is all there is. The parser's own words
// are never shown, because they quote the file, keys and all.
func Dotenv(path string, lookup func(string) (string, bool)) (*Reader, error) {
	r := &Reader{lookup: lookup, known: map[string]*state{}}
	file, err := os.ReadFile(path)
	unread := ""
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		unread = "cannot be read: check that it is a file and that you may read it"
	case !utf8.Valid(file) || bytes.IndexByte(file, 0) >= 0:
		unread = "is no text in UTF-8: save it as that in an editor (in Windows PowerShell, > writes UTF-16)"
	default:
		// Windows editors put a byte order mark in front, which would become a part of the first name.
		text := strings.TrimPrefix(string(file), "\ufeff") + "\n"
		r.file, unread = parse(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text))
	}
	if unread != "" {
		r.Wrong(".env", unread)
		return r, r.Err()
	}
	for _, name := range slices.Sorted(maps.Keys(r.file)) {
		if strings.HasPrefix(name, "TEAM_") { // the team's, also while nobody asks for it
			r.value(name)
		}
	}
	return r, nil
}

var (
	blankShape = regexp.MustCompile(`\A(?:\s|#[^\n]*)*`)
	// A value is in single quotes, in double quotes, or without to the end of the line.
	statementShape = regexp.MustCompile(`(?s)\A[^\n=:]+[=:][ \t]*(?:'([^']*)'[ \t]*(?:#[^\n]*)?|"((?:[^"\\]|\\.)*)"[ \t]*(?:#[^\n]*)?|([^\n'"][^\n]*)?)\n`)
	commentShape   = regexp.MustCompile(`(?:^|\s)#`)
)

// parse has the parser take one statement after the other, and compares what it makes
// of each with what is written. Without entries it returns what is wrong with the file.
func parse(file string) (entries map[string]entry, unread string) {
	entries = map[string]entry{}
	escapes := strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\$`, `$`, `\n`, "\n", `\r`, "\r")
	for rest := file; ; {
		if rest = rest[len(blankShape.FindString(rest)):]; rest == "" {
			return entries, ""
		}
		statement := statementShape.FindStringSubmatch(rest)
		if statement == nil {
			statement = make([]string, 4) // which the parser finds empty
		}
		taken, err := godotenv.Unmarshal(statement[0])
		if err != nil || len(taken) != 1 {
			line := 1 + strings.Count(file[:len(file)-len(rest)], "\n")
			return nil, fmt.Sprintf("does not parse in line %d: each is NAME=value, or a comment that starts with #, and a value "+
				"that starts with a quote ends with it", line)
		}
		bare := strings.TrimSpace(statement[3])
		for name, value := range taken {
			before := entries[name]
			e := entry{value: value, again: before.again || before.value != "" && before.value != value}
			switch {
			case commentShape.MatchString(bare):
				e.wrong = "has a # behind it in .env: a comment goes on a line of its own, and a value with a # into single quotes"
			case value != statement[1]+escapes.Replace(statement[2])+bare: // two of them are empty
				e.wrong = "has a $, a \\ or a quote that .env does not take as it is written: put the value in single quotes, or, for a $, write \\$ in double ones"
			}
			entries[name] = e
		}
		rest = rest[len(statement[0]):]
	}
}

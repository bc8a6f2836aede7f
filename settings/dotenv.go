package settings

import (
	"bytes"
	"errors"
	"os"

	"github.com/joho/godotenv"
)

// Dotenv reads settings from a .env file, below those that lookup finds in the
// environment. No file is fine. The parser's own words are never shown, because
// they quote the file, keys and all.
func Dotenv(path string, lookup func(string) (string, bool)) (func(string) string, error) {
	file, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, errors.New(".env: cannot be read: check that it is a file and that you may read it")
	}
	// Windows editors put a byte order mark in front, which would become a part of the first name.
	values, err := godotenv.UnmarshalBytes(bytes.TrimPrefix(file, []byte("\xef\xbb\xbf")))
	if err != nil {
		return nil, errors.New(".env: does not parse: every line is NAME=value, or a comment that starts with #")
	}
	return func(name string) string {
		if v, ok := lookup(name); ok {
			return v
		}
		return values[name]
	}, nil
}

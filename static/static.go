// Package static owns the files that browsers load next to a page: the style
// sheet, the script and the icon. All of them are ours: no page needs another host.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
)

// Files are the static files, to be served under /static/.
//
//go:embed *.css app.js favicon.svg
var Files embed.FS

// Version is different whenever a file is: 8 characters for the address of a
// file, so that it can be cached for long.
func Version() string {
	sum := sha256.New()
	// Reading an embedded file cannot fail, and an error would only make the
	// version less precise.
	_ = fs.WalkDir(Files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := Files.ReadFile(name)
		sum.Write(text)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil))[:8]
}

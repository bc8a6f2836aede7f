package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// recognise says whether the file at path is one to open, while nothing of it is changed yet: opened to be written, a
// file of another program's would be switched to a write-ahead log, and what that program has left half done would be
// rolled back. One that is not there, or empty, will be ours. Marked says whether it has our mark. Found tells which schema is too new. Errors: those of Open.
func (s *sqlite) recognise(ctx context.Context, path string, found *Inspection) (marked bool, err error) {
	// First, since a file gets its log once its header says so. An empty one may be in use, by a program whose file was moved.
	_, err = os.Lstat(logOf(path))
	hasLog := err == nil
	head, err := s.readHeader(path)
	if err != nil {
		return false, err
	}
	wal, version, id := head[19] == 2, string(head[60:64]), string(head[68:72])
	switch {
	case hasLog && !wal:
		return false, ErrOtherLog
	case head == header{} || id == mark && wal: // of ours SQLite alone knows what is in force
		return id == mark, nil
	case id != mark && id != none:
		return false, ErrForeign
	}
	// Without a mark it may be ours: a dump, read in again, has none. Only the file itself is read, and nothing locked.
	file, err := sql.Open("sqlite3", address(path)+"?mode=ro&immutable=1")
	if err != nil {
		return false, fmt.Errorf("open database: %w", err)
	}
	defer file.Close()
	versions, err := s.db.readVersions(ctx, reader{file}, found)
	if err == nil && len(versions) == 0 && (hasLog || version != none) { // its tables are in the log, or yet to be made
		return false, ErrForeign
	}
	return id == mark, err
}

// header is what a file begins with (sqlite.org/fileformat2.html#the_database_header).
type header [100]byte

const none = "\x00\x00\x00\x00"

// readHeader reads it; nothing but zeros of a file that is not there, or empty. The file stays open as long as the
// database: whoever closes one gives back what locks its process has on it, and another part of that may have it open.
func (s *sqlite) readHeader(path string) (head header, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return head, nil
	case err == nil && !info.Mode().IsRegular():
		return head, ErrNotFile
	}
	if s.file, err = os.Open(path); err != nil {
		return head, fmt.Errorf("%w (%w)", ErrNotWritable, err)
	}
	switch _, err := io.ReadFull(s.file, head[:]); {
	case err == io.EOF:
		return head, nil
	case err != nil && err != io.ErrUnexpectedEOF:
		return head, fmt.Errorf("%w (%w)", ErrNotWritable, err)
	case err != nil || !bytes.HasPrefix(head[:], []byte("SQLite format 3\x00")):
		return head, ErrNotDatabase
	}
	return head, nil
}

// logOf is the write-ahead log of the database at path, which is beside the file that the path leads to, or would.
func logOf(path string) string {
	file, err := filepath.EvalSymlinks(path)
	if err == nil {
		return file + "-wal"
	}
	to, unread := os.Readlink(path)
	switch {
	case unread != nil || !errors.Is(err, os.ErrNotExist): // there is no such link, or it leads in a circle
		return path + "-wal"
	case !filepath.IsAbs(to):
		to = filepath.Dir(path) + string(filepath.Separator) + to // not joined: .. leads up from where the folder is
	}
	return logOf(to)
}

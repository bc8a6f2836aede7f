package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

//go:embed schema/*.sql
var coreFiles embed.FS

// Schema is what a part of the program keeps in the database: a folder of SQL scripts that run once each, in
// the order of their names. A script that has been released is never changed; what is new is another script.
type Schema struct {
	Part     string     // the name of the part, "core" for this package's own
	Scripts  fs.FS      // nothing but *.sql at its top; nil: it has no tables
	Personal []Personal // where its tables name people, or hold words about them
	Check    Check      // looks for what somebody has to do about its tables; nil: there is nothing to look for
}

// Check says what the doctor finds in the tables of a part, and what to do about it; "": nothing. Live is the mode.
type Check func(ctx context.Context, q Querier, live int) (what, fix string, err error)

func core() Schema {
	scripts, _ := fs.Sub(coreFiles, "schema") // it fails for a wrong name only
	return Schema{Part: "core", Scripts: scripts, Personal: corePersonal}
}

// parts are the core and those that have tables of their own.
func (db *DB) parts() []Schema { return append([]Schema{core()}, db.opt.Schemas...) }

// names are the part's scripts, in the order in which they run.
func (s Schema) names() []string {
	if s.Scripts == nil {
		return nil
	}
	names, _ := fs.Glob(s.Scripts, "*.sql") // it fails for a wrong pattern only
	return names
}

// migrate brings every part's schema up to date, the core's first, in one transaction:
// a crash leaves either the old schema or the new one.
func (db *DB) migrate(ctx context.Context, tx *Tx) error {
	versions, err := db.readVersions(ctx, tx, new(Inspection))
	if err != nil {
		return err
	}
	if db.made = len(versions) == 0; db.made {
		tx.script(ctx, "create table of versions", tableOfVersions)
	}
	for _, part := range db.parts() {
		if err := migratePart(ctx, tx, part, versions[part.Part]); err != nil {
			return err
		}
	}
	return db.makeOrigin(ctx, tx)
}

const tableOfVersions = `CREATE TABLE schemas (
	name     TEXT    NOT NULL PRIMARY KEY, -- the part of the program that the tables belong to
	version  INTEGER NOT NULL,             -- how many of its scripts have run
	personal INTEGER NOT NULL              -- 1: they name people
) STRICT;`

func migratePart(ctx context.Context, tx *Tx, part Schema, version int) error {
	names := part.names()
	for _, name := range names[version:] {
		script, err := fs.ReadFile(part.Scripts, name)
		if err != nil {
			return fmt.Errorf("read script of %s: %w", part.Part, err)
		}
		if err := tx.script(ctx, "run script "+name+" of "+part.Part, string(script)); err != nil {
			return fmt.Errorf("%w: %w", ErrPart, err)
		}
	}
	for _, p := range part.Personal { // a mistake in it must not wait for the first forgetting
		columns := strings.Join(append([]string{p.User, "livemode"}, p.Words...), ", ")
		if _, err := tx.Exec(ctx, "look for personal columns of "+part.Part, `SELECT `+columns+` FROM `+p.Table+` LIMIT 0`); err != nil {
			return fmt.Errorf("%w: %w", ErrPart, err)
		}
	}
	// Written even when nothing is new: it shows at start, not at the first webhook, that the file takes writes.
	return tx.Write(ctx, "write schema version", `INSERT INTO schemas (name, version, personal) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET version = excluded.version, personal = excluded.personal`,
		part.Part, len(names), bit(len(part.Personal) > 0))
}

// readVersions returns how far each part's schema has come; nothing of a new file. Found tells of the one that is newer
// than this program's, else of the core's. Errors: ErrForeign, ErrPrerelease, ErrNewer.
func (db *DB) readVersions(ctx context.Context, q Querier, found *Inspection) (map[string]int, error) {
	names, err := db.engine.tables(ctx, q)
	has := func(name string) bool { return slices.Contains(names, name) }
	switch {
	case err != nil || len(names) == 0:
		return nil, because("read schema", err)
	case !has("verifications") || !has("attempts"):
		return nil, ErrForeign
	case !has("origin") || !has("people") || !has("schemas"): // from before there were versions, a row for each user, or a tag
		return nil, ErrPrerelease
	}
	versions, err := numbers(ctx, q, "read schema versions", `SELECT name, version FROM schemas`)
	if err != nil {
		return nil, err
	}
	for _, s := range slices.Backward(db.parts()) {
		if found.Part, found.Version, found.Newest = s.Part, versions[s.Part], len(s.names()); found.Version > found.Newest {
			return nil, ErrNewer
		}
	}
	return versions, nil
}

// AbsentParts are those whose tables in the file name people, but which are not in this
// program, so that it cannot find these tables.
func (db *DB) AbsentParts(ctx context.Context, q Querier) ([]string, error) {
	names, err := List(ctx, q, Scan[string], `SELECT name FROM schemas WHERE personal = 1 ORDER BY name`)
	return slices.DeleteFunc(names, func(name string) bool {
		return slices.ContainsFunc(db.parts(), func(s Schema) bool { return s.Part == name })
	}), because("read parts", err)
}

package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
)

//go:embed schema/*.sql
var coreFiles embed.FS

// Schema is what a part of the program keeps in the database: a folder of SQL
// scripts that run once each, in the order of their names. A script that has been
// released is never changed; what is new is another script.
type Schema struct {
	Part    string // the name of the part, "core" for this package's own
	Scripts fs.FS  // nothing but *.sql at its top
}

func core() Schema {
	scripts, _ := fs.Sub(coreFiles, "schema") // it fails for a wrong name only
	return Schema{Part: "core", Scripts: scripts}
}

// names are the part's scripts, in the order in which they run.
func (s Schema) names() []string {
	names, _ := fs.Glob(s.Scripts, "*.sql") // it fails for a wrong pattern only
	return names
}

// migrate brings every part's schema up to date, the core's first. The versions are
// written in the same transaction, so that a crash leaves either the old schema or
// the new one.
func (db *DB) migrate(ctx context.Context) error {
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		versions, err := readVersions(ctx, tx)
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, "create table of versions", `CREATE TABLE IF NOT EXISTS schemas (
			name    TEXT    NOT NULL PRIMARY KEY, -- the part of the program that the tables belong to
			version INTEGER NOT NULL              -- how many of its scripts have run
		) STRICT`); err != nil {
			return err
		}
		for _, part := range append([]Schema{core()}, db.opt.Schemas...) {
			if err := migratePart(ctx, tx, part, versions[part.Part]); err != nil {
				return err
			}
		}
		return nil
	})
}

func migratePart(ctx context.Context, tx *Tx, part Schema, version int) error {
	names := part.names()
	if version > len(names) {
		return ErrNewer
	}
	for _, name := range names[version:] {
		script, err := fs.ReadFile(part.Scripts, name)
		if err != nil {
			return fmt.Errorf("read script of %s: %w", part.Part, err)
		}
		if _, err := tx.exec(ctx, "run script "+name+" of "+part.Part, string(script)); err != nil {
			return err
		}
	}
	// Written even when nothing is new: it shows at start, not at the first webhook, that the file takes writes.
	_, err := tx.exec(ctx, "write schema version", `INSERT INTO schemas (name, version) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET version = excluded.version`, part.Part, len(names))
	return err
}

// readVersions returns how far each part's schema has come; nothing of a new file.
// Errors: ErrPrerelease.
func readVersions(ctx context.Context, q Querier) (map[string]int, error) {
	first, err := value[string](ctx, q, "read schema", `SELECT name FROM sqlite_master
		WHERE name IN ('schemas', 'verifications') ORDER BY name LIMIT 1`)
	switch first {
	case "schemas":
		return numbers(ctx, q, "read schema versions", `SELECT name, version FROM schemas`)
	case "verifications": // and no table of versions
		return nil, ErrPrerelease
	}
	return nil, err
}

package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"
)

// lookAtFile opens the file that is there.
func lookAtFile(ctx context.Context, db *DB, path string) error {
	s := &sqlite{db: db}
	db.engine = s
	if _, err := s.recognise(ctx, path, new(Inspection)); err != nil {
		return err
	}
	if s.file == nil {
		return ErrNothing
	}
	return s.openToRead(dsn(path) + "&mode=rw&_query_only=true") // rw: as only who can write reads what is in the log
}

func (s *sqlite) columns(ctx context.Context, q Querier) ([]column, error) {
	return List(ctx, q, func(row Row) (c column, err error) {
		err = row.Scan(&c.table, &c.name)
		return c, err
	}, `SELECT sqlite_master.name, pragma_table_info.name FROM sqlite_master, pragma_table_info(sqlite_master.name)
		WHERE sqlite_master.type = 'table' AND substr(sqlite_master.name, 1, 7) <> 'sqlite_' ORDER BY sqlite_master.rowid, cid`)
}

func (s *sqlite) snapshot(ctx context.Context, do func(Querier) error) error {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return because("begin to read", err)
	}
	defer tx.Rollback()
	return do(reader{tx})
}

func (s *sqlite) given(ctx context.Context, q Querier) (map[string]int, error) {
	return numbers(ctx, q, "read numbers", `SELECT name, seq FROM sqlite_sequence`)
}

func (s *sqlite) load(ctx context.Context, tx *Tx, given map[string]int, do func() error) error {
	tx.script(ctx, "put off what refers to others", "PRAGMA defer_foreign_keys = ON") // until the commit
	if err := do(); err != nil {
		return err
	}
	for _, table := range slices.Sorted(maps.Keys(given)) {
		if given[table] == 0 {
			continue
		}
		if known, _ := tx.Exec(ctx, "number on", `UPDATE sqlite_sequence SET seq = CASE WHEN seq < $1 THEN $1 ELSE seq END WHERE name = $2`, given[table], table); !known {
			tx.Write(ctx, "number on", `INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)`, table, given[table])
		}
	}
	return nil
}

// storable is every text.
func (s *sqlite) storable(text string) string { return text }

package store

import (
	"context"
	"database/sql"
)

func (p *postgres) columns(ctx context.Context, q Querier) ([]column, error) {
	return List(ctx, q, func(row Row) (c column, err error) {
		err = row.Scan(&c.table, &c.name)
		return c, err
	}, `SELECT t.relname, a.attname FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace JOIN pg_attribute a ON a.attrelid = t.oid
		WHERE n.nspname = current_schema() AND t.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
		ORDER BY t.oid, a.attnum`)
}

func (p *postgres) snapshot(ctx context.Context, do func(Querier) error) error {
	tx, err := p.read.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return plainly(err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, unhurried); err != nil {
		return plainly(err)
	}
	return do(reader{tx})
}

// unhurried is for a transaction that may take long: what a server's owner has set to end others does not end it.
const unhurried = `SELECT set_config(name, '0', true) FROM pg_settings
	WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')`

// sequences are what numbers the rows of tables: which table, which of its columns, and the last that it gave; -1: whoever asks
// may not know. The view pg_sequences would ask all of the database's, fail where another program is dropping one, and keep others
// from dropping theirs for as long as the copy takes.
const sequences = `SELECT t.relname, a.attname,
	CASE WHEN has_sequence_privilege(d.objid, 'SELECT, USAGE') THEN coalesce(pg_sequence_last_value(d.objid), 0) ELSE -1 END
	FROM pg_namespace n JOIN pg_class t ON t.relnamespace = n.oid JOIN pg_attribute a ON a.attrelid = t.oid AND a.attidentity <> ''
	JOIN pg_depend d ON d.deptype = 'i' AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
		AND d.refclassid = CAST('pg_class' AS regclass) AND d.classid = d.refclassid
	WHERE n.nspname = current_schema()`

// sequence numbers the rows of a table, in a column of it.
type sequence struct {
	column
	last int // that it has given
}

func scanSequence(row Row) (s sequence, err error) {
	err = row.Scan(&s.table, &s.name, &s.last)
	return s, err
}

func (p *postgres) given(ctx context.Context, q Querier) (map[string]int, error) {
	all, err := List(ctx, q, scanSequence, sequences)
	given := map[string]int{}
	for _, s := range all {
		if s.last < 0 {
			return nil, ErrRights
		}
		given[s.table] = s.last
	}
	return given, err
}

const ofReferences = ` FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = c.connamespace
	WHERE c.contype = 'f' AND n.nspname = current_schema()`

// load takes away meanwhile what refers to others. Its end tells the planner what there is, which would guess until the server
// looks by itself.
func (p *postgres) load(ctx context.Context, tx *Tx, given map[string]int, do func() error) error {
	const remove, add = `SELECT format('ALTER TABLE %I DROP CONSTRAINT %I', t.relname, c.conname)` + ofReferences,
		`SELECT format('ALTER TABLE %I ADD CONSTRAINT %I %s', t.relname, c.conname, pg_get_constraintdef(c.oid))` + ofReferences
	const analyze = `SELECT format('ANALYZE %I', tablename) FROM pg_tables WHERE schemaname = current_schema()`
	references, err := List(ctx, tx, Scan[string], add)
	if err != nil {
		return because("read references", err)
	}
	removals, err := List(ctx, tx, Scan[string], remove)
	if err != nil {
		return because("read references", err)
	}
	if err := execEach(ctx, tx, "remove references", removals); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	if err := execEach(ctx, tx, "add references", references); err != nil {
		return err
	}
	if err := numberOn(ctx, tx, given); err != nil {
		return err
	}
	tables, err := List(ctx, tx, Scan[string], analyze)
	if err != nil {
		return because("read tables", err)
	}
	return execEach(ctx, tx, "analyze tables", tables)
}

func execEach(ctx context.Context, tx *Tx, doing string, statements []string) error {
	for _, statement := range statements {
		if _, err := tx.Exec(ctx, doing, statement); err != nil {
			return err
		}
	}
	return nil
}

func numberOn(ctx context.Context, tx *Tx, given map[string]int) error {
	all, err := List(ctx, tx, scanSequence, sequences)
	if err != nil {
		return because("read numbers", err)
	}
	for _, s := range all {
		highest, err := value[int](ctx, tx, "read the highest number", `SELECT coalesce(max(`+quoted(s.name)+`), 0) FROM `+quoted(s.table))
		if highest = max(highest, given[s.table]); err == nil && highest > 0 {
			_, err = tx.Exec(ctx, "number on", `SELECT setval(pg_get_serial_sequence(format('%I', CAST($1 AS text)), $2), $3)`, s.table, s.name, highest)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *postgres) storable(text string) string { return readableText(text) }

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Inspection is what a look at the file finds, without a change to it.
type Inspection struct {
	Server          string         // its name and version; "": it is a file
	Unproven        bool           // it is on another machine, and need not prove who it is
	Part            string         // the part whose schema is newer than this program; else the core
	Version, Newest int            // of the part's schema: the file's, and this program's
	LastEvent       time.Time      // when the newest event that a webhook has brought was received, by our clock; zero: never
	Fetched         int            // newer ones that are known because Stripe was asked for them
	Ignored         []OfAccount    // events about sessions that were ignored because they name an account, in the month up to the newest event
	Waiting         map[string]int // actions to do, by the name of their consumer
	Absent          []string       // parts whose tables in the file name people, and which are not in this program
	Missing         int            // sessions that Stripe does not know
	Findings        []Finding      // of the checks that parts have of their own
	Underived       []string       // users whose row does not say what verifications, attempts and decisions say
}

// OfAccount counts events that name an account.
type OfAccount struct {
	Account string
	Events  int
	Last    time.Time // Stripe's time
}

// Finding is what the check of a part has found.
type Finding struct{ Part, What, Fix string }

// Inspect looks at the database that is there, without making or migrating it, and tries whether it
// could be written. Schemas are those of Options. Errors: those of Open.
func Inspect(ctx context.Context, address string, livemode bool, schemas []Schema) (Inspection, error) {
	found := Inspection{Part: core().Part, Newest: len(core().names())}
	db := &DB{opt: Options{Schemas: schemas}, live: bit(livemode)}
	err := kindOf(address).inspect(ctx, db, address, &found)
	if err == nil && found.Version > 0 {
		err = db.look(ctx, &found)
	}
	return found, errors.Join(db.engine.explain(err), db.Close())
}

// look reads by indexes, with the lock for writing given back: webhooks go on meanwhile.
func (db *DB) look(ctx context.Context, found *Inspection) error {
	if err := db.lookAtEvents(ctx, found); err != nil {
		return err
	}
	var err error
	if found.Absent, err = db.AbsentParts(ctx, db); err != nil {
		return err
	}
	if found.Underived, err = db.Underived(ctx); err != nil {
		return err
	}
	if found.Missing, err = value[int](ctx, db, "count missing sessions", `SELECT count(*) FROM verifications
		WHERE livemode = $1 AND missing_at IS NOT NULL`, db.live); err != nil {
		return err
	}
	if found.Findings, err = db.findings(ctx); err != nil {
		return err
	}
	found.Waiting, err = numbers(ctx, db, "count actions", `SELECT kind, count(*) FROM actions
		WHERE livemode = $1 AND done_at IS NULL AND failed_at IS NULL GROUP BY kind`, db.live)
	return err
}

// lookAtEvents finds out whether webhooks come, and which of them are in vain.
func (db *DB) lookAtEvents(ctx context.Context, found *Inspection) (err error) {
	var made int64
	if err = db.QueryRowContext(ctx, `SELECT received_at, created_at FROM events WHERE livemode = $1 AND fetched = 0
		ORDER BY created_at DESC LIMIT 1`, db.live).Scan((*unix)(&found.LastEvent), &made); err != nil && !IsNoRows(err) {
		return because("find last event", err)
	}
	// Listed are snapshots alone, each dated perhaps a second later than the thin event of the same.
	if found.Fetched, err = value[int](ctx, db, "count fetched events", `SELECT count(*) FROM events
		WHERE livemode = $1 AND created_at > $2 AND fetched = 1`, db.live, made+1); err != nil {
		return err
	}
	found.Ignored, err = List(ctx, db, func(row Row) (of OfAccount, err error) {
		err = row.Scan(&of.Account, &of.Events, (*unix)(&of.Last))
		return of, err
	}, `SELECT account, count(*), max(created_at) FROM events WHERE livemode = $1 AND account <> '' AND result = 'ignored'
		AND type LIKE '%identity.verification_session.%' AND created_at > (SELECT max(created_at) FROM events WHERE livemode = $1) - 2592000
		GROUP BY account`, db.live)
	return because("find ignored events", err)
}

// findings are those of parts whose tables are there as they know them.
func (db *DB) findings(ctx context.Context) (all []Finding, err error) {
	versions, err := db.readVersions(ctx, db, new(Inspection))
	for _, s := range db.opt.Schemas {
		if err != nil || s.Check == nil || versions[s.Part] != len(s.names()) {
			continue
		}
		f := Finding{Part: s.Part}
		if f.What, f.Fix, err = s.Check(ctx, db, db.live); f.What != "" {
			all = append(all, f)
		}
	}
	return all, because("look at the tables of parts", err)
}

// tryToWrite reads the versions of the schemas, and tries whether the database could be written, by a statement that is
// taken back.
func (db *DB) tryToWrite(ctx context.Context, on *sql.DB, statement string, found *Inspection) error {
	tx, err := on.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	defer tx.Rollback()
	if _, err := db.readVersions(ctx, reader{tx}, found); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, statement)
	return because("try to write", err)
}

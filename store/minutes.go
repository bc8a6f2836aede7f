package store

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// checked is what of a minute has been or may be billed: the columns of minutes.
type checked struct{ verified, failed, processing, links int }

func (c *checked) add(d checked) {
	c.verified += d.verified
	c.failed += d.failed
	c.processing += d.processing
	c.links += d.links
}

// minutes are some of the table's rows, or what is added to them, by their number.
type minutes map[int64]checked

func (m minutes) add(minute int64, c checked) {
	sum := m[minute]
	sum.add(c)
	m[minute] = sum
}

const (
	// day and hour are how far back the ceiling looks: what was billed, or is being checked, and links that may still be used.
	day, hour = 24 * time.Hour, time.Hour
	// minuteParts has few of those who write at the same time meet. The ceiling sums up all of a day.
	minuteParts = 16
)

// count adds to a minute. It is written with the group's commit: of a thousand events a second many are about one minute.
// Of a time that no longer matters nothing is written: a link is worth nothing once an hour has gone by.
func (db *DB) count(tx *Tx, at int64, matters time.Duration, c checked) {
	if c == (checked{}) || at <= db.in(-matters-hour) {
		return
	}
	if tx.minutes == nil {
		tx.minutes = minutes{}
	}
	tx.minutes.add(at/60, c)
}

// countOpen is how a verification that may become a check gets into its minute, and, with -1, out of it.
func (db *DB) countOpen(tx *Tx, r row, times int) {
	switch r.Status {
	case RequiresInput:
		db.count(tx, r.linkAt, hour, checked{links: times})
	case Processing:
		db.count(tx, r.linkAt, day, checked{processing: times})
	}
}

// writeMinutes writes what a group of transactions has counted. Who commits beside others adds to one of several parts: all
// who add to one wait for the commit of whoever was there first.
func (db *DB) writeMinutes(ctx context.Context, conn statements, all minutes) error {
	part := 0
	if db.engine.several() {
		part = rand.N(minuteParts)
	}
	for _, minute := range slices.Sorted(maps.Keys(all)) { // in the same order everywhere
		c := all[minute]
		if c == (checked{}) {
			continue // what came in went out again
		}
		if err := conn.later(ctx, pending{doing: "count minutes", text: `INSERT INTO minutes (livemode, minute, part, verified, failed, processing, links)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (livemode, minute, part) DO UPDATE SET verified = minutes.verified + excluded.verified, failed = minutes.failed + excluded.failed,
			    processing = minutes.processing + excluded.processing, links = minutes.links + excluded.links`,
			args: []any{db.live, minute, part, c.verified, c.failed, c.processing, c.links}}); err != nil {
			return err
		}
	}
	return nil
}

// underCeiling is the ceiling on cost: every report is billed, whoever asked for it. What is being checked counts,
// and so do the links of the last hour, but not every open session: else a stranger could close the shop for nothing.
// Mine is the open one of whoever asks, whose link is no other one.
func (db *DB) underCeiling(ctx context.Context, tx *Tx, mine row) error {
	if db.opt.MaxPerDay == 0 {
		return nil
	}
	if err := db.engine.lockName(ctx, tx, "ceiling"); err != nil { // who begins at the same time must be counted
		return err
	}
	since, links := db.in(-day)/60, db.in(-hour)/60
	checks, err := value[int](ctx, tx, "count checks of the day", `SELECT coalesce(sum(verified + failed + processing
		+ CASE WHEN minute > $1 THEN links ELSE 0 END), 0) FROM minutes WHERE livemode = $2 AND minute > $3`, links, db.live, since)
	for minute, c := range tx.group { // what those before in the group have done
		if minute > since {
			checks += c.verified + c.failed + c.processing
		}
		if minute > links {
			checks += c.links
		}
	}
	if mine.Open() && mine.linkAt/60 > links {
		checks--
	}
	if err == nil && checks >= db.opt.MaxPerDay {
		return ErrDailyCeiling
	}
	return err
}

package store

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"
	"time"
)

// What one program does for all that share the database and the mode is a turn, which it keeps as long as it runs. It is for
// what is done slowly or once in a while, and that does no harm when it is done twice: a program that was held up for longer than
// its turn lasts goes on for a moment beside the next one.
const (
	turnFor   = time.Minute // as long as nobody has it after its program was killed
	turnKept  = 20 * time.Second
	turnLook  = time.Second     // how soon somebody else takes what is given back
	turnAside = 5 * time.Second // how long who gives it back leaves it to others
	// The time is each program's own: where clocks differ by more than turnFor-turnKept, the one that is ahead has the turn, and keeps
	// it. What is further ahead than this was written before a clock was set right: Stripe's webhooks are refused long before.
	turnAhead = 10 * time.Minute
)

// turn is one program's part in it.
type turn struct {
	db           *DB
	name, holder string
	looked       bool
	seen         held // when it was looked at last
	attended     bool // since it was looked at first somebody had it
}

// held is who has a turn, and until when; 0: it was given back.
type held struct {
	holder string
	until  int64
}

// InTurn has do run while this program has the turn of that name, which one program has at a time, and returns when ctx ends. The
// context of do ends with the turn; where do ends before, others come first, and then it is run again. Attended says that somebody
// had the turn before, since InTurn was called or the database could not be reached. Warn is told once when it begins to fail.
func (db *DB) InTurn(ctx context.Context, name string, warn func(error), do func(ctx context.Context, attended bool)) {
	t, failed := &turn{db: db, name: name, holder: strings.TrimSpace(db.opt.Place + " " + rand.Text())}, false
	for ctx.Err() == nil {
		wait := turnLook
		mine, err := t.takeIfFree(ctx)
		if err != nil && !failed && ctx.Err() == nil {
			warn(err)
		}
		if failed = err != nil; mine {
			t.have(ctx, do)
			wait = turnAside
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

// have runs do, and keeps the turn meanwhile.
func (t *turn) have(ctx context.Context, do func(context.Context, bool)) {
	mine, lost := context.WithCancel(ctx)
	over := time.AfterFunc(turnFor, lost)
	var keeping sync.WaitGroup
	keeping.Go(func() {
		for kept := time.Tick(turnKept); mine.Err() == nil; {
			select {
			case <-kept:
			case <-mine.Done():
				return
			}
			if still, err := t.take(mine, t.holder); still {
				over.Reset(turnFor)
			} else if err == nil {
				lost()
			} // else it may be better the next time
		}
	})
	defer func() { // also where do panics
		lost()
		keeping.Wait()
		t.attended = over.Stop() // else the database could not be reached for that long
		t.giveBack(context.WithoutCancel(ctx))
	}()
	do(mine, t.attended)
}

// takeIfFree looks first: looking is cheap, and most of the time somebody has it.
func (t *turn) takeIfFree(ctx context.Context) (mine bool, err error) {
	var now held
	err = t.db.QueryRowContext(ctx, `SELECT holder, until FROM turns WHERE name = $1 AND livemode = $2`, t.name, t.db.live).Scan(&now.holder, &now.until)
	if _, err = found("look at a turn", err); err != nil {
		return false, err
	}
	here := t.db.opt.Place != "" && strings.HasPrefix(now.holder, t.db.opt.Place+" ") // who was killed a moment ago, perhaps
	nobodys := now.until > t.db.in(turnAhead) || now.holder == t.holder || here && !t.looked
	t.attended = t.attended || t.looked && now != t.seen && now.holder != t.holder
	t.looked, t.seen = true, now
	switch {
	case nobodys:
		return t.take(ctx, now.holder)
	case now.until > t.db.Now():
		return false, nil
	}
	return t.take(ctx, "")
}

// take takes the turn from that holder, or from whoever has it no more.
func (t *turn) take(ctx context.Context, from string) (mine bool, err error) {
	return t.db.exec(ctx, soon, "take a turn", `INSERT INTO turns (name, livemode, holder, until) VALUES ($1, $2, $3, $4)
		ON CONFLICT (name, livemode) DO UPDATE SET holder = excluded.holder, until = excluded.until
		WHERE turns.holder = $5 OR turns.until <= $6`, t.name, t.db.live, t.holder, t.db.in(turnFor), from, t.db.Now())
}

// giveBack lets somebody else have it at once. Without an answer it is over in a while.
func (t *turn) giveBack(ctx context.Context) {
	_, _ = t.db.exec(ctx, soon, "give a turn back", `UPDATE turns SET until = 0 WHERE name = $1 AND livemode = $2 AND holder = $3`,
		t.name, t.db.live, t.holder)
}

// What Stripe lists, and what is listed again from where the last whole list ended.
const (
	ListedEvents   = "events"
	ListedSessions = "sessions"
	ListedBoth     = "both" // how far is when that was, by our clock
)

// Reached says how far a listing has got: the time of the newest in the last whole list; zero: none was whole.
func (db *DB) Reached(ctx context.Context, of string) (time.Time, error) {
	at, err := value[unix](ctx, db, "read how far a listing got", `SELECT reached FROM turns WHERE name = $1 AND livemode = $2`, of, db.live)
	return time.Time(at), err
}

// SetReached remembers how far a whole listing has got. It never goes back.
func (db *DB) SetReached(ctx context.Context, of string, at time.Time) error {
	_, err := db.exec(ctx, kept, "write how far a listing got", `INSERT INTO turns (name, livemode, reached) VALUES ($1, $2, $3)
		ON CONFLICT (name, livemode) DO UPDATE SET reached = excluded.reached WHERE turns.reached < excluded.reached`, of, db.live, at.Unix())
	return err
}

package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"example.com/identity-starter/store"
)

// crew are some processes that do the actions of a few users, on a clock that the test moves, and what the test
// knows of who has what. With them the queues are random: who claims, ends, fails, waits and dies, and when.
type crew struct {
	*shared
	seed  uint64
	rng   *rand.Rand
	all   []*member
	news  int
	ended map[string][]int64 // the ids of a queue's actions, in the order in which they ended
	lost  []store.Action     // by processes that died
}

// member is one process.
type member struct {
	db  *store.DB
	has []*taken
}

type taken struct {
	store.Action
	until int64 // when the lease ends
}

func queueOf(a store.Action) string { return a.Kind + " of " + a.UserID }

func (c *crew) fail(rule string, args ...any) {
	c.t.Helper()
	c.t.Fatalf("queues %d: %s (repeat them with QUEUES_SEED=%d)", c.seed, fmt.Sprintf(rule, args...), c.seed)
}

func (c *crew) must(err error) {
	c.t.Helper()
	if err != nil {
		c.fail("%v", err)
	}
}

// hears records one more failure of one of the users, from which one to three actions follow.
func (c *crew) hears() {
	c.news++
	user := c.rng.IntN(5)
	hear(c.t, c.any().db, fmt.Sprint("vs_", user), failure(fmt.Sprint("code", c.news), int64(c.news)))
}

func (c *crew) any() *member { return c.all[c.rng.IntN(len(c.all))] }

// claims has a process take some actions. Each must be the first of its queue, which nobody else has.
func (c *crew) claims(m *member, most int) int {
	kind := everybody[c.rng.IntN(len(everybody))].Name
	list, err := m.db.Claim(c.t.Context(), kind, most)
	c.must(err)
	if len(list) > most {
		c.fail("asked for %d actions, got %d", most, len(list))
	}
	for _, a := range list {
		for _, other := range c.all {
			for _, b := range other.has {
				if queueOf(a) == queueOf(b.Action) && b.until > c.second.Load() {
					c.fail("one of a queue at a time, got %s while somebody has %s", a.Key, b.Key)
				}
			}
		}
		before, err := m.db.Count(c.t.Context(), `SELECT count(*) FROM actions WHERE kind = $1 AND user_id = $2 AND id < $3
			AND done_at IS NULL AND failed_at IS NULL`, a.Kind, a.UserID, a.ID)
		if c.must(err); before > 0 {
			c.fail("%s must wait for those before it, of which there are %d", a.Key, before)
		}
		m.has = append(m.has, &taken{a, c.second.Load() + 120})
	}
	return len(list)
}

// takes out of a process's hands some of what it has, of which the lease has not ended.
func (c *crew) takes(m *member, most int) (list []store.Action) {
	now := c.second.Load()
	m.has = slices.DeleteFunc(m.has, func(a *taken) bool {
		if a.until <= now { // it is too late for it, as for a process that was stopped meanwhile
			c.lost = append(c.lost, a.Action)
			return true
		}
		if len(list) < most && c.rng.IntN(2) == 0 {
			list = append(list, a.Action)
			return true
		}
		return false
	})
	return list
}

// ends notes that an action has ended: after all that were before it in its queue.
func (c *crew) ends(a store.Action) {
	q := queueOf(a)
	if list := c.ended[q]; len(list) > 0 && list[len(list)-1] >= a.ID {
		c.fail("%s must end in order, got %d after %v", q, a.ID, list)
	}
	c.ended[q] = append(c.ended[q], a.ID)
}

// speaksLate has a process that has died say something about what somebody else has got since: it changes nothing.
func (c *crew) speaksLate(m *member) {
	for _, a := range c.lost {
		if !slices.ContainsFunc(c.all, func(o *member) bool {
			return slices.ContainsFunc(o.has, func(b *taken) bool { return b.ID == a.ID && b.Tries > a.Tries })
		}) {
			continue
		}
		was := c.row(a)
		var err error
		switch c.rng.IntN(3) {
		case 0:
			err = m.db.Postpone(c.t.Context(), a, a.Wait())
		case 1:
			err = m.db.Release(c.t.Context(), a)
		case 2:
			err = m.db.GiveUpAction(c.t.Context(), a)
		}
		if c.must(err); c.row(a) != was {
			c.fail("who has lost %s must not change what has become of it: want %s, got %s", a.Key, was, c.row(a))
		}
	}
}

func (c *crew) row(a store.Action) (row string) {
	c.t.Helper()
	c.must(c.all[0].db.QueryRowContext(c.t.Context(), `SELECT coalesce(due_at, 0) || ', ' || tries || ' tries, until ' || lease_until
		|| ', done ' || coalesce(done_at, 0) || ', failed ' || coalesce(failed_at, 0) FROM actions WHERE id = $1`, a.ID).Scan(&row))
	return row
}

// step is one thing that happens.
func (c *crew) step(m *member) {
	ctx := c.t.Context()
	switch n := c.rng.IntN(20); {
	case n < 3:
		c.hears()
	case n < 9:
		c.claims(m, 1+c.rng.IntN(6))
	case n < 12:
		list := c.takes(m, 8)
		c.must(m.db.Done(ctx, list...))
		for _, a := range list {
			c.ends(a)
		}
	case n < 14:
		for _, a := range c.takes(m, 2) {
			if a.LastTry() {
				c.must(m.db.GiveUpAction(ctx, a))
				c.ends(a)
			} else {
				c.must(m.db.Postpone(ctx, a, a.Wait()))
			}
		}
	case n < 15:
		for _, a := range c.takes(m, 1) {
			c.must(m.db.GiveUpAction(ctx, a))
			c.ends(a)
		}
	case n < 16:
		c.must(m.db.Release(ctx, c.takes(m, 4)...))
	case n < 18:
		c.speaksLate(m)
	case c.rng.IntN(6) == 0: // it dies
		for _, a := range m.has {
			c.lost = append(c.lost, a.Action)
		}
		m.has = nil
	default:
		c.move(time.Duration(c.rng.IntN(50)) * time.Second)
	}
}

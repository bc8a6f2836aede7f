package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	crowds  = 1  // transactions of several, at the same time
	crowded = 32 // of how many one may be
)

// errAlone is for whoever has to have a transaction of his own.
var errAlone = errors.New("it needs a transaction of its own")

// crowd has transactions about different users share one, and with it the wait for the disk and the server's wake-ups: first all
// of them ask, in one round trip, then all of them write, with the commit. Whoever has a second question, or is about the user of
// another one, or of nobody who is locked, is alone instead. So is everybody when something fails.
type crowd struct {
	p *postgres

	mu      sync.Mutex
	waiting []*member
	running int
}

// member is one of them.
type member struct {
	taken atomic.Bool    // by the crowd, or by a caller who left before
	begun chan struct{}  // closed once it may ask
	asks  chan []pending // its questions; closed when it is through
	told  chan error     // that they were read
	ended chan error     // how its transaction ended
	first []pending      // its first question
	tx    *Tx            // once it is through
	left  []pending      // what it has to write then
	err   error          // why it is not
}

// run does it in a crowd; errAlone says that it is to be done without.
func (c *crowd) run(ctx context.Context, do func(context.Context, *Tx) error) (*Tx, error) {
	m := &member{begun: make(chan struct{}), asks: make(chan []pending), told: make(chan error), ended: make(chan error, 1)}
	c.join(m)
	select {
	case <-m.begun:
	case err := <-m.ended:
		return nil, err
	case <-ctx.Done():
		if m.taken.CompareAndSwap(false, true) {
			return nil, ctx.Err()
		}
		select {
		case <-m.begun:
		case err := <-m.ended:
			return nil, err
		}
	}
	m.do(context.WithoutCancel(ctx), do)
	return m.tx, <-m.ended
}

// do runs what is to be done, up to its writing.
func (m *member) do(ctx context.Context, do func(context.Context, *Tx) error) {
	defer close(m.asks)
	c := &conversation{ask: m.ask}
	m.tx, m.err = &Tx{conn: c}, errAlone // also where it panics
	m.err = do(ctx, m.tx)
	m.left = c.queued
}

// ask has the rows of its questions read. How many rows a statement has changed is not for those in a crowd.
func (m *member) ask(_ context.Context, all []pending) (tag pgconn.CommandTag, err error) {
	if all[len(all)-1].read == nil {
		return tag, errAlone
	}
	m.asks <- all
	return tag, <-m.told
}

// join has somebody wait for the next transaction, and begins one if there may be another.
func (c *crowd) join(m *member) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting = append(c.waiting, m); c.running < crowds {
		c.running++
		go c.work()
	}
}

func (c *crowd) work() {
	for list := c.next(); len(list) > 0; list = c.next() {
		c.together(list)
	}
}

// next are those who wait; nobody: it was the last transaction.
func (c *crowd) next() []*member {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(c.waiting), crowded)
	if n == 0 {
		c.running--
	}
	list := slices.Clone(c.waiting[:n])
	c.waiting = slices.Delete(c.waiting, 0, n)
	return list
}

// together is one transaction.
func (c *crowd) together(list []*member) {
	ctx, end := context.WithTimeout(context.Background(), longest)
	defer end()
	var sent bool
	in := list // who has yet to be told how it ended
	err := c.p.online(ctx, func(l line) error {
		in = slices.DeleteFunc(in, func(m *member) bool { return !m.taken.CompareAndSwap(false, true) })
		if in = gather(ctx, l, in); len(in) == 0 {
			return nil
		}
		all, sum := &conversation{}, minutes{}
		for _, m := range in {
			all.queued = append(all.queued, m.left...)
			for minute, counted := range m.tx.minutes {
				sum.add(minute, counted)
			}
		}
		if err := c.p.db.writeMinutes(ctx, all, sum); err != nil {
			return err
		}
		sent = true
		return l.commit(ctx, all.queued)
	})
	switch {
	case sent && passing(err):
		err = ErrUncertain
	case err != nil:
		err = errAlone
	}
	for _, m := range in {
		m.ended <- err
	}
}

// gather has each ask what it has to know, and returns those that can write together then. The others have ended.
func gather(ctx context.Context, l line, list []*member) (in []*member) {
	for _, m := range list {
		close(m.begun)
	}
	for _, m := range list {
		m.first = <-m.asks
	}
	// Everywhere in the same order, so that two who lock the same ones do not wait for each other for good.
	slices.SortStableFunc(list, func(a, b *member) int { return cmp.Compare(a.order(), b.order()) })
	all := []pending{{doing: "wait for nobody long", text: "SET LOCAL lock_timeout = '100ms'"}} // one who is locked must not hold up all
	for _, m := range list {
		all = append(all, m.first...)
	}
	_, err := l.ask(ctx, all)
	for _, m := range list {
		if m.first != nil {
			m.told <- err
		}
	}
	users := map[int64]bool{0: true} // nobody's news
	for _, m := range list {
		for range m.asks { // a second question
			m.told <- errAlone
		}
		if m.err != nil || users[m.tx.user] {
			m.ended <- errAlone
			continue
		}
		users[m.tx.user] = true
		in = append(in, m)
	}
	return in
}

// order is by whom it locks.
func (m *member) order() string {
	if len(m.first) == 0 {
		return ""
	}
	return fmt.Sprint(m.first[0].args...)
}

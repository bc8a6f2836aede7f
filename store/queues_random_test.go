package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// mustStand fails unless the first of each queue is due, some time, and knows whether others wait for it, and those
// behind it are not due.
func (c *crew) mustStand() {
	c.t.Helper()
	const waiting = ` FROM actions b WHERE b.kind = a.kind AND b.user_id = a.user_id AND b.done_at IS NULL AND b.failed_at IS NULL`
	for rule, wrong := range map[string]string{
		"the first of a queue, and no other, is due": `(due_at IS NOT NULL) <> (id = (SELECT min(id)` + waiting + `))`,
		"the first knows that another one waits":     `due_at IS NOT NULL AND followed = 0 AND (SELECT count(*)` + waiting + `) > 1`,
	} {
		n, err := c.all[0].db.Count(c.t.Context(), `SELECT count(*) FROM actions a WHERE done_at IS NULL AND failed_at IS NULL AND `+wrong)
		if c.must(err); n > 0 {
			c.fail("%s: not so in %d of them", rule, n)
		}
	}
}

// finish has one process do all that is left, when the others are gone.
func (c *crew) finish() {
	m := c.all[0]
	for range 1000 {
		c.move(time.Hour)
		for range 4 * len(everybody) { // the kind is random
			c.claims(m, 64)
			for _, a := range m.has {
				c.must(m.db.Done(c.t.Context(), a.Action))
				c.ends(a.Action)
			}
			m.has = nil
		}
		left, err := m.db.Count(c.t.Context(), `SELECT count(*) FROM actions WHERE done_at IS NULL AND failed_at IS NULL`)
		if c.must(err); left == 0 {
			return
		}
	}
	c.fail("everything must be done in the end")
}

// Whoever claims, ends, fails, gives back and dies, and whatever arrives meanwhile: of a queue one is with
// somebody at a time, in the order of their coming, and in the end all are done. QUEUES_SEED=n repeats them.
func TestQueues(t *testing.T) {
	seed := rand.Uint64N(1_000_000_000)
	if text := os.Getenv("QUEUES_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("QUEUES_SEED must be a number: %v", err)
		}
	}
	c := &crew{shared: newShared(t), seed: seed, rng: rand.New(rand.NewPCG(seed, 2)), ended: map[string][]int64{}}
	for range 4 {
		m := &member{db: c.process()}
		c.must(m.db.NoSync(t.Context())) // order is tested here, not power cuts
		c.all = append(c.all, m)
	}
	for user := range 5 {
		mustBegin(t, c.all[0].db, fmt.Sprint("user", user), fmt.Sprint("vs_", user))
	}
	for i := range 2000 {
		c.step(c.any())
		if i%20 == 0 {
			c.mustStand()
		}
	}
	for _, m := range c.all {
		m.has = nil // all die
	}
	c.move(2 * time.Minute)
	c.finish()
	ended := 0
	for _, list := range c.ended {
		ended += len(list)
	}
	if written, err := c.all[0].db.Count(t.Context(), "SELECT count(*) FROM actions"); err != nil || ended != written || written < 2*c.news {
		t.Errorf("each of %d actions after %d failures must end once, got %d, %v", written, c.news, ended, err)
	}
}

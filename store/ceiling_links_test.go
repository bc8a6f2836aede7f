package store_test

import (
	"testing"
	"time"

	"example.com/identity-starter/store"
)

// A link counts until a check has come of it, and no longer, whatever is heard in whichever order.
func TestCeilingAndLinks(t *testing.T) {
	abandoned := func(second int64) store.News { return failure("abandoned", second) }
	for _, what := range []struct {
		rule  string
		story func(c *ceiling)
		left  int // of three
	}{
		{"the same code twice, with processing heard of never", func(c *ceiling) {
			for range 2 {
				c.click("ann")
				c.move(time.Minute)
				c.hears("ann", failsOnce)
			}
		}, 1},
		{"the same code twice, with processing heard of later", func(c *ceiling) {
			for range 2 {
				c.click("ann")
				c.move(time.Minute)
				c.hears("ann", failsOnce)
				hear(c.t, c.db, "vs_ann", processing(c.second.Load()-10))
			}
		}, 1},
		{"an older failure is heard of once a new link was given", func(c *ceiling) {
			c.click("ann")
			c.move(10 * time.Minute)
			c.click("ann")
			hear(c.t, c.db, "vs_ann", failure("a", 300))
		}, 1},
		{"an older failure is learned by asking, for a new link", func(c *ceiling) {
			c.click("ann")
			c.move(10 * time.Minute)
			c.click("ann")
			n := failure("a", c.second.Load())
			n.SessionID = "vs_ann"
			if _, err := c.db.RecordSession(c.t.Context(), n); err != nil {
				c.t.Fatal(err)
			}
		}, 1},
		{"a check without a click after one that was abandoned", func(c *ceiling) {
			c.click("ann")
			c.hears("ann", abandoned)
			c.move(time.Minute)
			c.hears("ann", processing)
		}, 2},
		{"a check without a click after one that failed", func(c *ceiling) {
			c.click("ann")
			c.hears("ann", failsOnce)
			c.move(time.Minute)
			c.hears("ann", processing)
		}, 1},
	} {
		t.Run(what.rule, func(t *testing.T) {
			c := &ceiling{shared: newShared(t), most: 3}
			c.db = c.open(t)
			what.story(c)
			if left := c.strangers(t, c.db); left != what.left {
				t.Errorf("with %s, there must be %d of 3 left, got %d", what.rule, what.left, left)
			}
		})
	}
}

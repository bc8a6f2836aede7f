package store_test

import (
	"time"

	"example.com/identity-starter/store"
)

// minutely allows for counting by the minute.
const minutely = 2 * time.Minute

// whatCounts has, of three checks that a day may have, how many are left after what.
var whatCounts = []struct {
	rule string
	do   func(c *ceiling)
	left int
}{
	{"nothing has happened", func(*ceiling) {}, 3},
	{"a link counts for an hour", func(c *ceiling) { c.click("ann"); c.move(time.Hour - minutely) }, 2},
	{"a link that led to nothing counts for no longer", func(c *ceiling) { c.click("ann"); c.move(time.Hour + minutely) }, 3},
	{"a user's links count once", func(c *ceiling) { c.click("ann"); c.move(10 * time.Minute); c.click("ann") }, 2},
	{"a link counts from the last click", func(c *ceiling) {
		c.click("ann")
		c.move(time.Hour - minutely)
		c.click("ann")
		c.move(time.Hour - minutely)
	}, 2},
	{"a link that led to a failed check counts as that", func(c *ceiling) { c.click("ann"); c.move(time.Minute); c.hears("ann", failsOnce) }, 2},
	{"a failed check counts for a day", func(c *ceiling) { c.click("ann"); c.hears("ann", failsOnce); c.move(24*time.Hour - minutely) }, 2},
	{"a failed check counts for no longer", func(c *ceiling) { c.click("ann"); c.hears("ann", failsOnce); c.move(24*time.Hour + minutely) }, 3},
	{"the link after a failed check counts beside it", func(c *ceiling) { c.click("ann"); c.hears("ann", failsOnce); c.click("ann") }, 1},
	{"that link, too, counts for an hour", func(c *ceiling) {
		c.click("ann")
		c.hears("ann", failsOnce)
		c.click("ann")
		c.move(time.Hour + minutely)
	}, 2},
	{"the same failure twice is two checks", func(c *ceiling) {
		for range 2 {
			c.click("ann")
			c.move(time.Minute)
			c.hears("ann", processing)
			c.move(time.Minute)
			c.hears("ann", failsOnce)
		}
	}, 1},
	{"a session being checked counts for a day from its link", func(c *ceiling) {
		c.click("ann")
		c.move(30 * time.Minute)
		c.hears("ann", processing)
		c.move(23*time.Hour + 30*time.Minute - minutely)
	}, 2},
	{"a session being checked counts for no longer", func(c *ceiling) {
		c.click("ann")
		c.move(30 * time.Minute)
		c.hears("ann", processing)
		c.move(23*time.Hour + 30*time.Minute + minutely)
	}, 3},
	{"a session being checked counts, though its link does no more", func(c *ceiling) {
		c.click("ann")
		c.move(2 * time.Hour)
		c.hears("ann", processing)
	}, 2},
	{"a check that took long, and failed, counts from then", func(c *ceiling) {
		c.click("ann")
		c.hears("ann", processing)
		c.move(26 * time.Hour)
		c.hears("ann", failsOnce)
		c.move(24*time.Hour - minutely)
	}, 2},
	{"a verified session counts once", func(c *ceiling) { c.click("ann"); c.hears("ann", processing); c.hears("ann", verified) }, 2},
	{"a verified session counts for a day", func(c *ceiling) {
		c.click("ann")
		c.move(2 * time.Hour)
		c.hears("ann", verified)
		c.move(24*time.Hour - minutely)
	}, 2},
	{"a verified session counts for no longer", func(c *ceiling) {
		c.click("ann")
		c.move(2 * time.Hour)
		c.hears("ann", verified)
		c.move(24*time.Hour + minutely)
	}, 3},
	{"a verified session that is redacted has cost all the same", func(c *ceiling) {
		c.click("ann")
		c.hears("ann", verified)
		c.hears("ann", func(second int64) store.News { return redacted(verified(second + 1)) })
	}, 2},
	{"a canceled session's link is worth nothing", func(c *ceiling) { c.click("ann"); c.hears("ann", cancels) }, 3},
	{"a session canceled while it was checked costs nothing", func(c *ceiling) {
		c.click("ann")
		c.hears("ann", processing)
		c.hears("ann", cancels)
	}, 3},
	{"a session canceled after a failed check has cost that", func(c *ceiling) {
		c.click("ann")
		c.hears("ann", failsOnce)
		c.click("ann")
		c.hears("ann", cancels)
	}, 2},
	{"three of them are three", func(c *ceiling) {
		for _, user := range []string{"ann", "bob", "cid"} {
			c.click(user)
		}
		c.hears("ann", failsOnce)
		c.hears("bob", processing)
		c.hears("cid", verified)
	}, 0},
	{"what was given up gives its link back", func(c *ceiling) {
		for range 2 {
			v, err := c.db.Begin(c.t.Context(), "ann", "", store.Made{})
			if err == nil {
				err = c.db.GiveUp(c.t.Context(), v.ID)
			}
			if err != nil {
				c.t.Fatal(err)
			}
		}
	}, 3},
	{"what has a session cannot be given up", func(c *ceiling) {
		v := mustBegin(c.t, c.db, "ann", "vs_ann")
		if err := c.db.GiveUp(c.t.Context(), v.ID); err != nil {
			c.t.Fatal(err)
		}
	}, 2},
}

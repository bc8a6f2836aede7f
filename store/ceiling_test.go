package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"example.com/identity-starter/store"
)

// ceiling is a file with a ceiling on cost, on a clock that the test moves.
type ceiling struct {
	*shared
	most int
	db   *store.DB
}

func (c *ceiling) now() time.Time { return at(c.second.Load()) }

func (c *ceiling) open(t *testing.T) *store.DB {
	t.Helper()
	return openAt(t, c.path, c.options())
}

func (c *ceiling) options() store.Options {
	return store.Options{Consumers: everybody, MaxPerDay: c.most, MaxAttempts: 100, Now: c.now}
}

// inAProcess does something in a process that ends with it.
func (c *ceiling) inAProcess(do func(c *ceiling)) {
	c.t.Helper()
	db, err := store.Open(c.t.Context(), c.path, c.options())
	if err != nil {
		c.t.Fatalf("open database: %v", err)
	}
	before := c.db
	c.db = db
	do(c)
	c.db = before
	if err := db.Close(); err != nil {
		c.t.Fatalf("close database: %v", err)
	}
}

// click begins, or goes on with, a user's verification.
func (c *ceiling) click(user string) {
	c.t.Helper()
	mustBegin(c.t, c.db, user, "vs_"+user)
}

// hears records news of a user's session, of this moment.
func (c *ceiling) hears(user string, kind func(second int64) store.News) {
	c.t.Helper()
	hear(c.t, c.db, "vs_"+user, kind(c.second.Load()))
}

// failsOnce and cancels are news as ceiling.hears wants it.
func failsOnce(second int64) store.News { return failure("a", second) }

func cancels(second int64) store.News { return canceled("", second) }

// strangers have people begin, one after the other, until one may not, and says how many might.
func (c *ceiling) strangers(t *testing.T, db *store.DB) (might int) {
	t.Helper()
	for i := range c.most + 2 {
		switch _, err := db.Begin(t.Context(), fmt.Sprint("stranger", i), "", store.Made{}); {
		case err == nil:
			might++
		case !errors.Is(err, store.ErrDailyCeiling):
			t.Fatalf("begin: %v", err)
		}
	}
	return might
}

// What counts, and for how long, is the same in the process that has heard of it, in another one, and after its end.
func TestCeilingCounts(t *testing.T) {
	for _, what := range whatCounts {
		t.Run(what.rule, func(t *testing.T) {
			for _, where := range []string{"in one process", "in another one", "after its end"} {
				c := &ceiling{shared: newShared(t), most: 3}
				var db *store.DB
				switch where {
				case "in one process":
					c.db = c.open(t)
					db = c.db
					what.do(c)
				case "in another one":
					c.db, db = c.open(t), c.open(t)
					what.do(c)
				case "after its end":
					c.inAProcess(what.do)
					db = c.open(t)
				}
				if left := c.strangers(t, db); left != what.left {
					t.Errorf("%s, %s: of three checks %d must be left, got %d", what.rule, where, what.left, left)
				}
			}
		})
	}
}

// However many click at the same moment, and in however many processes, as many get a verification as may.
func TestCeilingAtOnce(t *testing.T) {
	for _, processes := range []int{1, 2} {
		t.Run(fmt.Sprint(processes, " at work"), func(t *testing.T) {
			c := &ceiling{shared: newShared(t), most: 2}
			var all []*store.DB
			for range processes {
				all = append(all, c.open(t))
			}
			var results tally
			atOnce(12, func(i int) {
				v, err := all[i%processes].Begin(t.Context(), fmt.Sprint("user", i), "", store.Made{})
				switch {
				case err == nil && v.New:
					results.add("begun")
				case errors.Is(err, store.ErrDailyCeiling):
					results.add("refused")
				default:
					t.Errorf("begin: %+v, %v", v, err)
				}
			})
			results.must(t, "two of twelve may begin", map[string]int{"begun": 2, "refused": 10})
			if n, err := all[0].Count(t.Context(), "SELECT count(*) FROM verifications"); err != nil || n != 2 {
				t.Errorf("who is refused must leave nothing, got %d verifications, %v", n, err)
			}
		})
	}
}

// Clicks of those who have a link already are let through beside clicks of those who have none, and take nobody's place.
func TestCeilingAtOnceWithLinksOut(t *testing.T) {
	c := &ceiling{shared: newShared(t), most: 6}
	c.db = c.open(t)
	for i := range 4 {
		c.click(fmt.Sprint("user", i))
	}
	c.move(5 * time.Minute)
	var results tally
	atOnce(16, func(i int) {
		_, err := c.db.Begin(t.Context(), fmt.Sprint("user", i), "", store.Made{})
		if i < 4 && err != nil {
			t.Errorf("user%d has a link, and must get another one, got %v", i, err)
		}
		results.add(err == nil)
	})
	results.must(t, "the four who have a link, and two more, may go on", map[string]int{"true": 6, "false": 10})
}

// Whose own link is what reaches the ceiling may click again; the links of others are in the way until an hour has passed.
func TestCeilingAndOnesOwnLink(t *testing.T) {
	c := &ceiling{shared: newShared(t), most: 1}
	c.db = c.open(t)
	may := func(user string, want error) {
		t.Helper()
		if _, err := c.db.Begin(t.Context(), user, "", store.Made{}); !errors.Is(err, want) {
			t.Errorf("after %v %s clicks: want %v, got %v", c.now().Sub(at(0)), user, want, err)
		}
	}
	c.click("ann")
	may("bob", store.ErrDailyCeiling)
	may("ann", nil)
	c.move(time.Hour - minutely)
	may("ann", nil)
	c.move(time.Hour - minutely)
	may("bob", store.ErrDailyCeiling) // her link is that of the last click
	c.move(2 * minutely)
	may("bob", nil)
	may("ann", store.ErrDailyCeiling) // whose link counts no more
	c.move(time.Hour + minutely)
	may("ann", nil)
	c.hears("ann", failsOnce)
	may("ann", store.ErrDailyCeiling) // a check was made, which is not a link
	c.move(24*time.Hour + minutely)
	may("ann", nil)
}

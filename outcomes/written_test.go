package outcomes_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// What was done, and what has failed, while nothing can be written down, is written down soon after that can be: it is not done
// again, and what follows it does not wait until a lease ends.
func TestWrittenDownOnceThatCanBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, path := newDiary(), tests.Database(t)
		db := openFile(t, path)
		fails(t, db, "ann", "a", "b")
		fails(t, db, "bob", "a")
		raw := tests.Raw(t, path)
		defer raw.Close()
		execute := func(statement string) {
			if _, err := raw.ExecContext(t.Context(), statement); err != nil {
				t.Errorf("%s: %v", statement, err)
			}
		}
		execute(tests.Trigger("away", "BEFORE UPDATE OF lease_until ON actions", "NEW.lease_until = 0", "nothing can be written down"))
		d.start = time.Now()
		var all sync.WaitGroup
		all.Go(func() {
			<-time.After(30 * time.Second)
			execute(tests.Said("DROP TRIGGER away", "DROP TRIGGER away ON actions"))
		})
		failed := false
		team := func(_ context.Context, a store.Action) error {
			d.write("%s%s", a.UserID, a.Code)
			if a.UserID == "bob" && !failed {
				failed = true
				return errors.New("not now")
			}
			return nil
		}
		work(t, d, time.Minute, map[string]do{"team": team}, db)
		all.Wait()
		var times []string
		for _, entry := range d.entries {
			name, after, _ := strings.Cut(entry, " ")
			took, err := time.ParseDuration(after)
			if err != nil {
				t.Fatal(err)
			}
			times = append(times, name)
			if soon := took < time.Second; soon != (len(times) <= 2) || took > 50*time.Second {
				t.Errorf("it must go on as soon as that can be written down, got %s", entry)
			}
		}
		if got := strings.Join(times, " "); strings.Count(got, "anna") != 1 || strings.Count(got, "annb") != 1 || strings.Count(got, "boba") != 2 {
			t.Errorf("what was done must not be done again, and what has failed must, got %q", got)
		}
		if !strings.Contains(d.logged(), `level=ERROR msg="actions cannot be ended: repeated in 5 s" kind=team`) {
			t.Errorf("the log must say so, got\n%s", d.logged())
		}
		mustBeWritten(t, db, 0, 2)
	})
}

package outcomes_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
)

// Whoever reads that something has failed reads when it will be tried again, and it is.
func TestHowLongAnActionIsPutOffIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, db := newDiary(), open(t)
		fails(t, db, "user", "a")
		work(t, d, 15*time.Minute, map[string]do{"team": func(context.Context, store.Action) error {
			d.write("tried")
			return errors.New("not now")
		}}, db)
		d.must(t, "it is tried when the log says so", "tried 0s, tried 5s, tried 35s, tried 2m35s, tried 12m35s")
		log := d.logged()
		for _, wait := range []string{"5 s", "30 s", "2 min", "10 min", "1 h"} {
			if said := `level=WARN msg="action failed, repeated in ` + wait + `" kind=team`; strings.Count(log, said) != 1 {
				t.Errorf("the log must say once that it is repeated in %s, got\n%s", wait, log)
			}
		}
	})
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0 s", 5 * time.Second: "5 s", 12300 * time.Millisecond: "12 s", 130 * time.Second: "2 min 10 s",
		10 * time.Minute: "10 min", 11*time.Minute + 12*time.Second: "11 min", time.Hour: "1 h", 63*time.Minute + 40*time.Second: "1 h 4 min",
		20 * time.Hour: "20 h", 24*time.Hour + 30*time.Minute: "24 h 30 min"} {
		if got := outcomes.Span(d); got != want {
			t.Errorf("%v is %q for people, got %q", d, want, got)
		}
	}
}

package outcomes_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
)

// A consumer that waits for others may have more under way: then not even many users for whom it waits hold up the rest,
// nor does the stop wait for them.
func TestManyWhoHangHoldUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, db := newDiary(), open(t)
		for i := range 40 {
			fails(t, db, fmt.Sprint("hangs", i), "a")
		}
		crowd(t, db, 100)
		d.start = time.Now()
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
		defer stop()
		consumer := outcomes.Consumer{Consumer: store.Consumer{Name: "team"}, AtOnce: 64,
			Do: func(ctx context.Context, _ outcomes.Parts, a store.Action) error {
				if strings.HasPrefix(a.UserID, "hangs") {
					<-ctx.Done()
					return ctx.Err()
				}
				d.write("%s", a.UserID)
				return nil
			}}
		outcomes.Work(ctx, outcomes.Parts{DB: db, Log: slog.New(slog.NewTextHandler(&locked{d: d}, nil))}, []outcomes.Consumer{consumer})
		if took := time.Since(d.start); took > 11*time.Second {
			t.Errorf("the stop must not wait for who hangs, got %v", took)
		}
		d.mustBeOnce(t, "who does not hang is served", 100)
		for _, entry := range d.entries {
			if after, err := time.ParseDuration(strings.Fields(entry)[1]); err != nil || after > time.Second {
				t.Errorf("and at once, whoever hangs, got %s", entry)
			}
		}
		mustBeWritten(t, db, 40, 1) // given back, for the next start
	})
}

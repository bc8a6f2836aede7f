package handlers_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"example.com/identity-starter/handlers"
)

// However it is spread, no minute has more than the limit; and whoever comes when he was told to is let in.
func TestBudgetOfAnyMinute(t *testing.T) {
	for every, burst := range map[time.Duration]int{time.Second / 4: 1, 2 * time.Second: 1, 29 * time.Second: 20, 61 * time.Second: 40} {
		synctest.Test(t, func(t *testing.T) {
			budget := handlers.NewBudget(30)
			var allowed []time.Time
			for began := time.Now(); time.Since(began) < 10*time.Minute; time.Sleep(every) {
				for range burst {
					wait := budget.Wait("one")
					if took := budget.Take("one"); took != wait || wait > time.Minute {
						t.Fatalf("Wait must be what Take is, got %v and %v", wait, took)
					} else if took == 0 {
						allowed = append(allowed, time.Now())
					}
				}
			}
			for i := 30; i < len(allowed); i++ {
				if within := allowed[i].Sub(allowed[i-30]); within < time.Minute {
					t.Fatalf("%d each %v: 31 were allowed within %v", burst, every, within)
				}
			}
			if want := min(30*10, int(10*time.Minute/every)*burst) * 2 / 3; len(allowed) < want {
				t.Errorf("%d each %v: in ten minutes at least %d must be allowed, got %d", burst, every, want, len(allowed))
			}
			for budget.Take("one") == 0 {
			}
			time.Sleep(budget.Wait("one"))
			if wait := budget.Take("one"); wait != 0 {
				t.Errorf("whoever waits as long as he was told must be let in, got %v more", wait)
			}
		})
	}
}

// However many addresses come, a hundred thousand are remembered; and that does not give back what somebody has used who goes on.
func TestBudgetOfManyAddresses(t *testing.T) {
	budget := handlers.NewBudget(1)
	for i := range 300_000 {
		budget.Take(fmt.Sprint(i))
		if i%10_000 == 0 && budget.Take("busy") == 0 && i > 0 {
			t.Fatalf("who goes on must not be forgotten, and was after %d others", i)
		}
	}
	if kept := budget.Clients(); kept > 100_000 {
		t.Errorf("a budget must forget clients when there are too many, and has %d", kept)
	}
}

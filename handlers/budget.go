package handlers

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
)

// clientsKept bounds the memory: a Budget has the latest of twice as many clients at most. Who floods it with addresses to have
// his own forgotten has a budget for each of them anyway.
const clientsKept = 50_000

// Budget is how often each client may do something in any minute. It keeps the times of the last minute, so that what
// was done at once comes back at once, a minute later, and not bit by bit, which would let twice as much through.
type Budget struct {
	perMinute int // 0: no limit
	began     time.Time
	mu        sync.Mutex
	newer     map[string][]time.Duration // times since began of who did something lately
	older     map[string][]time.Duration // and of who did so before
	turned    time.Duration              // when newer was begun
}

// NewBudget makes one; 0 is no limit.
func NewBudget(perMinute int) *Budget {
	return &Budget{perMinute: perMinute, began: time.Now(), newer: map[string][]time.Duration{}}
}

// Wait is how long until the client may do it once more; 0: at once.
func (b *Budget) Wait(client string) time.Duration { return b.spend(client, false) }

// Take is Wait, and counts once where it is 0.
func (b *Budget) Take(client string) time.Duration { return b.spend(client, true) }

func (b *Budget) spend(client string, count bool) time.Duration {
	if b.perMinute == 0 {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Since(b.began)
	// What is older was last used more than a minute ago when it goes, unless there are too many clients.
	if now-b.turned >= time.Minute || len(b.newer) >= clientsKept {
		b.newer, b.older, b.turned = map[string][]time.Duration{}, b.newer, now
	}
	times, known := b.newer[client]
	if !known {
		times = b.older[client]
	}
	gone := slices.IndexFunc(times, func(at time.Duration) bool { return now-at < time.Minute })
	if gone < 0 {
		gone = len(times)
	}
	times, wait := times[gone:], time.Duration(0)
	if len(times) >= b.perMinute {
		wait = times[0] + time.Minute - now
	} else if count {
		times = append(times, now)
	}
	if len(times) > 0 { // also who is refused goes on, and is not forgotten
		b.newer[client] = times
	}
	return wait
}

// limitRate refuses what is beyond the client's budget, and says when to come again. The log tells of a client that may be
// a proxy with all its visitors.
func limitRate(budget *Budget, proxies []netip.Prefix) echo.MiddlewareFunc {
	return before(func(c echo.Context) error {
		wait := budget.Take(Network(c))
		if wait == 0 {
			return nil
		}
		c.Response().Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
		if r := c.Request(); r.Header.Get(echo.HeaderXForwardedFor) != "" && !readHop(r.RemoteAddr).trusted(proxies) {
			return fmt.Errorf("%w, whose X-Forwarded-For is not believed: if it is your proxy, TRUSTED_PROXIES must have it", errRateLimited)
		}
		return errRateLimited
	})
}

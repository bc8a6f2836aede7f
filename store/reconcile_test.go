package store_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/store"
)

// nextCheck moves the clock to the moment at which the session is to be looked
// at, and takes the check. False: it is left alone.
func (s *shared) nextCheck(db *store.DB, session string) (wait time.Duration, c store.Verification, ok bool) {
	s.t.Helper()
	due := lines(s.t, s.path, "SELECT session_id, coalesce(check_at, 0) FROM verifications")[session]
	second, err := strconv.ParseInt(due, 10, 64)
	if err != nil {
		s.t.Fatal(err)
	}
	if second == 0 {
		return 0, c, false
	}
	wait = time.Unix(second, 0).Sub(at(s.second.Load()))
	s.move(wait - time.Second)
	if c, _, ok, err := db.NextCheck(s.t.Context()); err != nil || ok {
		s.t.Fatalf("nothing must be due before its time, got %+v, %v", c, err)
	}
	s.move(time.Second)
	c, _, ok, err = db.NextCheck(s.t.Context())
	if err != nil || !ok || c.SessionID != session {
		s.t.Fatalf("%s must be due after %v, got %+v, %v, %v", session, wait, c, ok, err)
	}
	return wait, c, true
}

// A session of which nothing is heard is looked at after ten minutes, an hour,
// six hours, and daily until three days after the last news; spread by a tenth.
func TestChecks(t *testing.T) {
	for name, last := range map[string]store.News{"being checked": processing(1), "failed": failure("a", 1)} {
		t.Run(name, func(t *testing.T) {
			s := newShared(t)
			db := s.process()
			mustBegin(t, db, "user", "vs_1")
			hear(t, db, "vs_1", last)
			var total time.Duration
			for _, want := range []time.Duration{10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 48 * time.Hour, 72 * time.Hour} {
				wait, c, ok := s.nextCheck(db, "vs_1")
				if total += wait; !ok || total < want || total > want+want/10+6*time.Second || expires(t, db, c) {
					t.Errorf("the next look must be %v after the news, up to a tenth later, got %v, %+v", want, total, c)
				}
			}
			if _, _, ok := s.nextCheck(db, "vs_1"); ok {
				t.Error("after three days without news a session is left alone")
			}
			hear(t, db, "vs_1", failure("b", 9))
			if wait, _, ok := s.nextCheck(db, "vs_1"); !ok || wait > 11*time.Minute {
				t.Errorf("news must start it anew, got %v, %v", wait, ok)
			}
		})
	}
}

// What was never touched is looked at when its link has expired; a click or a
// return in between starts that anew, or brings it forward.
func TestChecksOfTheUntouched(t *testing.T) {
	s := newShared(t)
	db := s.process()
	v := mustBegin(t, db, "user", "vs_1")
	s.move(47 * time.Hour)
	if _, err := db.Begin(t.Context(), "user", "", store.Made{}); err != nil {
		t.Fatal(err)
	}
	if yes, err := db.MayAsk(t.Context(), v.ID, time.Second); err != nil || !yes {
		t.Fatalf("the return page must be allowed to ask, got %v, %v", yes, err)
	}
	wait, c, ok := s.nextCheck(db, "vs_1")
	if !ok || wait < 10*time.Minute || wait > 11*time.Minute || expires(t, db, c) {
		t.Errorf("who came back without a result must be looked at in ten minutes, got %v, %+v", wait, c)
	}
	for total := wait; ; total += wait {
		expired := expires(t, db, c)
		if expired != (total >= 48*time.Hour) {
			t.Fatalf("a session may be closed as forgotten 48 hours after the last click, got %v after %v", expired, total)
		}
		if expired {
			return
		}
		if wait, c, ok = s.nextCheck(db, "vs_1"); !ok {
			t.Fatal("a session must not be left alone before it can be closed")
		}
	}
}

// expires says whether a session is closed now because its link has expired.
func expires(t *testing.T, db *store.DB, v store.Verification) bool {
	t.Helper()
	err := db.Expire(t.Context(), v.ID)
	now, e := db.Find(t.Context(), v.ID)
	if err != nil || e != nil {
		t.Fatalf("expire: %v, %v", err, e)
	}
	return now.Spent
}

func TestChecksOfTheForgotten(t *testing.T) {
	s := newShared(t)
	db := s.process()
	mustBegin(t, db, "user", "vs_1")
	wait, c, ok := s.nextCheck(db, "vs_1")
	if !ok || !expires(t, db, c) || wait < 48*time.Hour || wait > 53*time.Hour {
		t.Errorf("what nobody touched must be looked at once, after 48 hours, got %v, %+v", wait, c)
	}
}

// Those that are being checked come first, then those whom somebody came back from.
func TestChecksInOrder(t *testing.T) {
	s := newShared(t)
	db := s.process()
	for i, n := range []store.News{fresh(1), failure("a", 1), failure("a", 1), processing(1), verified(1), canceled("", 1)} {
		user, session := fmt.Sprint("user", i), fmt.Sprint("vs_", i)
		v := mustBegin(t, db, user, session)
		if n.Status != store.RequiresInput || n.Failed {
			hear(t, db, session, n)
		}
		if i == 2 {
			if _, err := db.MayAsk(t.Context(), v.ID, time.Second); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := db.Begin(t.Context(), "without an answer", "", store.Made{}); err != nil {
		t.Fatal(err)
	}
	s.move(54 * time.Hour)
	var order []string
	for {
		c, _, ok, err := db.NextCheck(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		order = append(order, c.SessionID)
	}
	if got := strings.Join(order, " "); got != "vs_3 vs_2 vs_1 vs_0" {
		t.Errorf("the order must be: being checked, come back from, the others, and nothing final: got %s", got)
	}
}

// A session that was taken over from Stripe's lists is looked at like any other.
func TestRebuiltIsChecked(t *testing.T) {
	s := newShared(t)
	db := s.process()
	for i, n := range []store.News{fresh(1), processing(1), failure("a", 1)} {
		n.SessionID, n.UserID, n.Reference = fmt.Sprint("vs_", i), fmt.Sprint("user", i), fmt.Sprint("reference", i)
		if news, err := db.Rebuild(t.Context(), n, at(0), nil); err != nil || !news {
			t.Fatalf("rebuild: %v, %v", news, err)
		}
		if news, err := db.Rebuild(t.Context(), n, at(0), nil); err != nil || news {
			t.Errorf("the same again must be no news, got %v, %v", news, err)
		}
	}
	for session, due := range lines(t, s.path, "SELECT session_id, coalesce(check_at, 0) FROM verifications") {
		if due == "0" {
			t.Errorf("%s must be looked at, should no webhook come", session)
		}
	}
}

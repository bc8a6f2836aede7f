package store_test

import (
	"fmt"
	"testing"
	"time"

	"example.com/identity-starter/store"
)

// at is a second of Stripe's time.
func at(second int64) time.Time { return time.Unix(1_700_000_000+second, 0).UTC() }

// The kinds of news that Stripe has, at a second.
func fresh(second int64) store.News {
	return store.News{SessionID: "vs_1", Status: store.RequiresInput, At: at(second)}
}

func processing(second int64) store.News {
	return store.News{SessionID: "vs_1", Status: store.Processing, At: at(second)}
}

func failure(code string, second int64) store.News {
	return store.News{SessionID: "vs_1", Status: store.RequiresInput, Failed: true, ErrorCode: code,
		ReportID: fmt.Sprintf("vr_%s_%d", code, second), At: at(second)}
}

func verified(second int64) store.News {
	return store.News{SessionID: "vs_1", Status: store.Verified, ReportID: "vr_verified", At: at(second)}
}

// canceled is a session that was canceled after a failure: it shows the failure still.
func canceled(code string, second int64) store.News {
	return store.News{SessionID: "vs_1", Status: store.Canceled, Failed: code != "", ErrorCode: code,
		ReportID: fmt.Sprintf("vr_%s_%d", code, second), At: at(second)}
}

// unverified is a session whose verdict was taken back without a reason.
func unverified(second int64) store.News {
	return store.News{SessionID: "vs_1", Status: store.RequiresInput, ReportID: "vr_verified", At: at(second)}
}

func redacted(n store.News) store.News {
	n.Redacted, n.UserID = true, ""
	return n
}

func redacting(n store.News) store.News {
	n.Redacting = true
	return n
}

// asked is an answer to somebody who knew of that state, and byEvent is told by an event.
func asked(known store.State, n store.News) store.News {
	n.Known = known
	return n
}

func byEvent(n store.News) store.News {
	n.Event = true
	return n
}

func revoked(status store.Status, code string, second int64, times int) store.State {
	return store.State{Status: status, ErrorCode: code, At: at(second).Unix(), Revoked: times}
}

// What each news makes of each state.
func TestAfter(t *testing.T) {
	state := func(status store.Status, code string, second int64) store.State {
		return store.State{Status: status, ErrorCode: code, At: at(second).Unix()}
	}
	born := store.State{Status: store.RequiresInput}
	for _, c := range []struct {
		rule string
		old  store.State
		news store.News
		want store.State
	}{
		{"an untouched session tells nothing, not even a time", born, fresh(1), born},
		{"a submission is checked", born, processing(2), state(store.Processing, "", 2)},
		{"a check fails", state(store.Processing, "", 2), failure("a", 3), state(store.RequiresInput, "a", 3)},
		{"within a second an outcome beats processing", state(store.Processing, "", 3), failure("a", 3), state(store.RequiresInput, "a", 3)},
		{"within a second processing does not beat an outcome", state(store.RequiresInput, "a", 3), processing(3), state(store.RequiresInput, "a", 3)},
		{"processing beats the untouched session", born, processing(3), state(store.Processing, "", 3)},
		{"a session that has a report and shows no failure was verified at a time: within a second that is the later", state(store.Processing, "", 3), unverified(3), state(store.RequiresInput, "", 3)},
		{"and its time is known", born, unverified(3), state(store.RequiresInput, "", 3)},
		{"within a second the untouched session is the old one", state(store.Processing, "", 3), fresh(3), state(store.Processing, "", 3)},
		{"another try is checked", state(store.RequiresInput, "a", 3), processing(4), state(store.Processing, "", 4)},
		{"old processing is old", state(store.RequiresInput, "a", 3), processing(2), state(store.RequiresInput, "a", 3)},
		{"an old failure is old", state(store.RequiresInput, "b", 3), failure("a", 2), state(store.RequiresInput, "b", 3)},
		{"an old failure does not end a new check", state(store.Processing, "", 3), failure("a", 2), state(store.Processing, "", 3)},
		{"a failure without a code is a failure", born, failure("", 1), state(store.RequiresInput, "unknown", 1)},
		{"verified wins", state(store.Processing, "", 3), verified(4), state(store.Verified, "", 4)},
		{"verified clears the error", state(store.RequiresInput, "a", 3), verified(4), state(store.Verified, "", 4)},
		{"verified wins when it is older, too", state(store.RequiresInput, "a", 3), verified(2), state(store.Verified, "", 2)},
		{"canceled yields to verified", state(store.Canceled, "a", 5), verified(2), state(store.Verified, "", 2)},
		{"a verdict that is given again is of that time", state(store.Verified, "", 4), byEvent(verified(9)), state(store.Verified, "", 9)},
		{"who asked after the verdict can be told that it was taken back", state(store.Verified, "", 4), asked(state(store.Verified, "", 4), failure("a", 9)), revoked(store.RequiresInput, "a", 9, 1)},
		{"it is taken back without a reason, too", state(store.Verified, "", 4), asked(state(store.Verified, "", 4), fresh(9)), revoked(store.RequiresInput, "", 9, 1)},
		{"or by a cancel", state(store.Verified, "", 4), asked(state(store.Verified, "", 4), canceled("", 9)), revoked(store.Canceled, "", 9, 1)},
		{"not in the second in which it was given", state(store.Verified, "", 4), asked(state(store.Verified, "", 4), failure("a", 4)), state(store.Verified, "", 4)},
		{"nor by a redaction", state(store.Verified, "", 4), asked(state(store.Verified, "", 4), redacted(canceled("", 9))), state(store.Verified, "", 4)},
		{"nor by one that is under way", state(store.Verified, "", 4), asked(state(store.Verified, "", 4), redacting(canceled("", 9))), state(store.Verified, "", 4)},
		{"nor by an answer about the verdict before", revoked(store.Verified, "", 4, 1), asked(state(store.Verified, "", 4), failure("a", 9)), revoked(store.Verified, "", 4, 1)},
		{"a verdict is given again", revoked(store.RequiresInput, "a", 9, 1), verified(10), revoked(store.Verified, "", 10, 1)},
		{"the one that was taken back is old", revoked(store.RequiresInput, "a", 9, 1), verified(4), revoked(store.RequiresInput, "a", 9, 1)},
		{"and so is one of the same second", revoked(store.Canceled, "a", 9, 1), verified(9), revoked(store.Canceled, "a", 9, 1)},
		{"an event about a verdict that was overtaken gives none", state(store.RequiresInput, "a", 3), byEvent(verified(2)), revoked(store.RequiresInput, "a", 3, 1)},
		{"an answer is not later than its time", state(store.Processing, "", 3), verified(2), state(store.Verified, "", 2)},
		{"verified is final: failure", state(store.Verified, "", 4), failure("a", 9), state(store.Verified, "", 4)},
		{"verified is final: processing", state(store.Verified, "", 4), processing(9), state(store.Verified, "", 4)},
		{"verified is final: canceled", state(store.Verified, "", 4), canceled("a", 9), state(store.Verified, "", 4)},
		{"verified is final: redacted", state(store.Verified, "", 4), redacted(verified(9)), state(store.Verified, "", 4)},
		{"canceled ends it", state(store.RequiresInput, "a", 3), canceled("a", 4), state(store.Canceled, "a", 4)},
		{"canceled ends it, older or not", state(store.Processing, "", 5), canceled("", 4), state(store.Canceled, "", 4)},
		{"canceled yields to no failure", state(store.Canceled, "a", 4), failure("b", 9), state(store.Canceled, "a", 9)},
		{"canceled yields to no processing", state(store.Canceled, "a", 4), processing(9), state(store.Canceled, "a", 4)},
		{"a cancel without an error keeps what is known", state(store.RequiresInput, "a", 3), canceled("", 4), state(store.Canceled, "a", 4)},
		{"a cancel is not of that time only: what comes later was overridden", state(store.Canceled, "", 4), canceled("", 9), state(store.Canceled, "", 9)},
		{"the code outlives the redaction, which says nothing about when a verdict was given", state(store.RequiresInput, "a", 3), redacted(canceled("[redacted]", 9)), state(store.Canceled, "a", 3)},
		{"an event about a cancel that was overtaken ends nothing", state(store.RequiresInput, "a", 5), byEvent(canceled("", 4)), state(store.RequiresInput, "a", 5)},
		{"an event of the second of a failure gives a verdict", state(store.RequiresInput, "a", 3), byEvent(verified(3)), state(store.Verified, "", 3)},
		{"an event gives no verdict again", revoked(store.RequiresInput, "a", 9, 1), byEvent(verified(10)), revoked(store.RequiresInput, "a", 9, 1)},
		{"nor anything else once one was taken back", revoked(store.RequiresInput, "a", 9, 1), byEvent(processing(10)), revoked(store.RequiresInput, "a", 9, 1)},
		{"an answer that other news has overtaken is none", state(store.RequiresInput, "b", 9), asked(state(store.Processing, "", 3), verified(8)), state(store.RequiresInput, "b", 9)},
		{"one that is the newest is one, whatever its time", state(store.RequiresInput, "b", 9), asked(state(store.RequiresInput, "b", 9), verified(8)), state(store.Verified, "", 9)},
		{"also about a cancel that was overridden", state(store.Canceled, "", 4), asked(state(store.Canceled, "", 4), failure("a", 9)), state(store.RequiresInput, "a", 9)},
	} {
		if got := c.old.After(c.news); got != c.want {
			t.Errorf("%s: %+v after %+v: want %+v, got %+v", c.rule, c.old, c.news, c.want, got)
		}
	}
}

// Whatever of a session's story has been heard, in whichever order and however
// often, the state is the same.
func TestAfterInEveryOrder(t *testing.T) {
	news := []store.News{fresh(0), fresh(1), processing(1), failure("a", 1), failure("b", 1), processing(2), failure("a", 2),
		failure("", 3), processing(4), failure("b", 4), verified(4), verified(5), canceled("b", 5), redacted(verified(9))}
	born := store.State{Status: store.RequiresInput}
	hear := func(list ...store.News) string {
		s := born
		for _, n := range list {
			s = s.After(n)
		}
		return string(s.Status) + " " + s.ErrorCode
	}
	for _, a := range news {
		if once, twice := hear(a), hear(a, a); once != twice {
			t.Errorf("a repeat of %+v must change nothing, got %q, then %q", a, once, twice)
		}
		for _, b := range news {
			if one, other := hear(a, b), hear(b, a); one != other {
				t.Errorf("order must not matter for\n%+v\n%+v\ngot %q and %q", a, b, one, other)
			}
			for _, c := range news {
				want := hear(a, b, c)
				for _, got := range []string{hear(a, c, b), hear(b, a, c), hear(b, c, a), hear(c, a, b), hear(c, b, a), hear(a, b, c, a, b)} {
					if got != want {
						t.Fatalf("order must not matter for\n%+v\n%+v\n%+v\ngot %q and %q", a, b, c, want, got)
					}
				}
			}
		}
	}
}

// What uses up an attempt: a failed check, known or not, and nothing else.
func TestCounts(t *testing.T) {
	without := failure("document_expired", 1)
	without.ReportID = ""
	for _, c := range []struct {
		rule string
		news store.News
		want bool
	}{
		{"a fresh session", fresh(1), false},
		{"processing", processing(1), false},
		{"verified", verified(1), false},
		{"a failed check", failure("document_expired", 1), true},
		{"a code nobody knows", failure("some_new_code", 1), true},
		{"a failure without a code", failure("", 1), true},
		{"a failure without a report", without, false},
		{"walked away", failure("abandoned", 1), false},
		{"no consent", failure("consent_declined", 1), false},
		{"no camera", failure("device_not_supported", 1), false},
		{"canceled after a failure", canceled("document_expired", 1), true},
		{"canceled before anything", canceled("", 1), false},
		{"redacted: ids are overwritten", redacted(canceled("document_expired", 1)), false},
	} {
		if got := c.news.Counts(); got != c.want {
			t.Errorf("%s counts: want %v, got %v", c.rule, c.want, got)
		}
	}
}

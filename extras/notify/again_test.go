package notify_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// lastTry has the next try of each message be the last of a day's.
func lastTry(a *tests.App) {
	a.T.Helper()
	tests.Eventually(a.T, "each message is tried", func() bool {
		return a.Rows("SELECT count(*) FROM actions WHERE kind = 'notify' AND (tries = 0 OR lease_until > 0) AND due_at IS NOT NULL")[0] == "0"
	})
	a.Change("UPDATE actions SET tries = 27, due_at = 0 WHERE kind = 'notify' AND due_at IS NOT NULL")
}

// refused is a program with a person who is verified and one who has failed, both of whose messages were given up.
func refused(t *testing.T) (a *tests.App, box *inbox, verified, failed string) {
	t.Helper()
	a, box = start(t)
	box.answers(with(http.StatusServiceUnavailable))
	one, other := a.Browser(), a.Browser()
	a.Finish(one.Verify(a).ID, "verified")
	a.Finish(other.Verify(a).ID, "document_expired")
	lastTry(a)
	tests.Eventually(t, "both are given up", func() bool { return strings.Count(a.Out.String(), "given up") == 2 })
	return a, box, one.User(), other.User()
}

// What the receiver has not taken for a day is given up: the log and the doctor say so, and the command sends it again, all or
// one, with the id that it had, whether or not the program runs.
func TestGivenUpAndSentAgain(t *testing.T) {
	t.Parallel() // it waits for looks
	a, box, verified, failed := refused(t)
	if !strings.Contains(a.Out.String(), "level=ERROR") || !strings.Contains(a.Out.String(), "kind=notify") {
		t.Errorf("the log must say what was given up, got\n%s", a.Out)
	}
	if out, _ := a.Command("doctor"); !strings.Contains(out, "WARN  notify: given up, because NOTIFY_URL did not take them for a day: 2") || !strings.Contains(out, "`go run . notify -again`") {
		t.Errorf("the doctor must say so, and what to do, got\n%s", out)
	}
	ids := map[string]string{}
	for _, m := range box.letters() {
		ids[m.Data.UserID] = m.ID
	}
	again := func(rule string, ok bool, parts []string, args ...string) {
		t.Helper()
		out, err := a.Command(append([]string{"notify", "-again"}, args...)...)
		for _, part := range parts {
			if !strings.Contains(fmt.Sprint(out, err), part) {
				t.Errorf("%s: the command must say %q, got %v\n%s", rule, part, err, out)
			}
		}
		if (err == nil) != ok {
			t.Errorf("%s: want success: %v, got %v\n%s", rule, ok, err, out)
		}
	}
	again("while the receiver takes nothing", false, []string{ids[verified] + "  verification.verified  failed: send webhook: the receiver answered 503\n",
		ids[failed] + "  verification.failed  failed: ", "0 sent, 2 failed, 0 left out\n", "stays"})
	box.answers(nil)
	again("an id that nobody has", false, []string{"no message with this webhook-id"}, "msg_1")
	before := len(box.letters())
	again("one of them", true, []string{ids[failed] + "  verification.failed  sent\n1 sent, 0 failed, 0 left out\n"}, ids[failed])
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	again("the rest, while the program is stopped", true, []string{ids[verified] + "  verification.verified  sent\n1 sent, 0 failed, 0 left out\n"})
	again("nothing is left", true, []string{"0 sent, 0 failed, 0 left out\n"})
	if got := box.letters()[before:]; len(got) != 2 || got[0].ID != ids[failed] || got[1].ID != ids[verified] || time.Since(got[1].At).Abs() > time.Minute {
		t.Errorf("each must be sent once, with its id and the time of now, got %+v", got)
	}
	a.Set("NOTIFY_URL=", "NOTIFY_SECRET=")
	again("while nobody is told", false, []string{"NOTIFY_URL is not set"})
	for _, wrong := range [][]string{{}, {"again"}, {"-again", ""}, {"-again", "a", "b"}} {
		if _, err := a.Command(append([]string{"notify"}, wrong...)...); err == nil || !strings.Contains(err.Error(), "usage: go run . notify -again [ID]") {
			t.Errorf("%q must be refused with how it is used, got %v", wrong, err)
		}
	}
}

// Two commands at once send a message once, and who was forgotten meanwhile is not named.
func TestSentAgainOnce(t *testing.T) {
	t.Parallel() // it waits for looks
	a, box, verified, failed := refused(t)
	if err := a.Parts().DB.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return a.Parts().DB.ReplaceUser(ctx, tx, failed, "forgotten_1")
	}); err != nil {
		t.Fatal(err)
	}
	before, said := len(box.letters()), ""
	box.answers(func(w http.ResponseWriter, _ *http.Request, m letter) {
		if m.Data.UserID != verified {
			return
		}
		box.answers(nil)
		var err error
		if said, err = a.Command("notify", "-again"); err != nil { // while the first one waits
			t.Errorf("what another command sends is no failure, got %v", err)
		}
	})
	out, err := a.Command("notify", "-again")
	if err != nil || !strings.Contains(said, "1 sent, 0 failed, 1 left out\n") || !strings.Contains(out, "1 sent, 0 failed, 1 left out\n") {
		t.Errorf("each must be sent by one of the commands, got %v\n%s\n%s", err, out, said)
	}
	if got := box.letters()[before:]; len(got) != 2 || got[0].Data.UserID != verified || got[1].Data.UserID != "forgotten_1" {
		t.Errorf("each must be sent once, about the user by the name of now, got %+v", got)
	}
}

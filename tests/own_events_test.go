package tests

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/identity-starter/app"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
)

// inbox are the events that a team's own functions were called for.
type inbox struct {
	mu    sync.Mutex
	calls []outcomes.Event
	fails map[string]int // by id: how often the function fails first
}

func (i *inbox) take(_ context.Context, _ *slog.Logger, e outcomes.Event) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.calls = append(i.calls, e)
	if i.fails[e.ID] > 0 {
		i.fails[e.ID]--
		return errors.New("not now")
	}
	return nil
}

func (i *inbox) ids() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	var list []string
	for _, e := range i.calls {
		list = append(list, e.ID)
	}
	return strings.Join(list, " ")
}

// handles is a team with a type of events of its own.
func (i *inbox) handles(types ...string) app.NewTeam {
	return func(r *settings.Reader) app.Team {
		t := Team(r)
		t.Events = map[string]outcomes.EventFunc{}
		for _, name := range types {
			t.Events[name] = i.take
		}
		return t
	}
}

func payout(id, kind, object string) Object {
	return Snapshot(id, kind, Object{"id": object, "object": "payout", "amount": 4200})
}

// An event of the team's own type is recorded, and its function called, once for each event.
func TestTeamsOwnEvents(t *testing.T) {
	box := &inbox{}
	a := StartTeam(t, box.handles("payout.paid", "payout.failed"))
	connected := payout("evt_2", "payout.failed", "po_2").With(Object{"account": "acct_1"})
	for range 2 { // Stripe repeats itself
		a.Deliver(payout("evt_1", "payout.paid", "po_1").JSON(t), PlatformSecret)
		a.Deliver(connected.JSON(t), ConnectSecret)
		a.Deliver(payout("evt_3", "payout.created", "po_1").JSON(t), PlatformSecret)
		a.Deliver(payout("evt_4", "payout.paid", "po_3").With(Object{"livemode": true}).JSON(t), PlatformSecret)
	}
	a.NothingIsLeft()
	if got := a.Rows("SELECT id, result FROM events WHERE id LIKE 'evt\\__' ESCAPE '\\' ORDER BY id"); !slices.Equal(got, []string{"evt_1|applied", "evt_2|applied", "evt_3|ignored"}) {
		t.Errorf("own types of our mode must be applied, no others, and those of the other mode left alone, got %q", got)
	}
	calls := strings.Fields(box.ids())
	if slices.Sort(calls); !slices.Equal(calls, []string{"evt_1", "evt_2"}) {
		t.Fatalf("the function must be called once for each event, got %q", calls)
	}
	for _, e := range box.calls {
		want := outcomes.Event{ID: "evt_1", Type: "payout.paid", ObjectID: "po_1", CreatedAt: e.CreatedAt}
		if e.ID == "evt_2" {
			want = outcomes.Event{ID: "evt_2", Type: "payout.failed", ObjectID: "po_2", Account: "acct_1", CreatedAt: e.CreatedAt}
		}
		if e != want || e.CreatedAt.Unix() == 0 {
			t.Errorf("the function must be told what the event is about, want %+v, got %+v", want, e)
		}
	}
	if strings.Contains(strings.Join(a.Rows("SELECT * FROM actions"), " "), "4200") || a.Remembers(`"amount"`) {
		t.Error("what the event holds must be kept nowhere")
	}
	list := a.Sim.Requests()[slices.IndexFunc(a.Sim.Requests(), IsBackground)]
	if asked := list.Form.Encode(); !strings.Contains(asked, "payout.failed") || !strings.Contains(asked, "payout.paid") {
		t.Errorf("what no webhook brings must be asked for, too, got %v", list.Form)
	}
}

// What fails is repeated, and what came later about the same object waits for it;
// what is about another one does not.
func TestTeamsOwnEventsAreRepeatedInOrder(t *testing.T) {
	t.Parallel() // it waits for a repeat
	box := &inbox{fails: map[string]int{"evt_1": 1}}
	a := StartTeam(t, box.handles("payout.paid"))
	for _, e := range []Object{payout("evt_1", "payout.paid", "po_1"), payout("evt_2", "payout.paid", "po_1")} {
		a.Deliver(e.JSON(t), PlatformSecret)
	}
	Eventually(t, "the first try fails", func() bool {
		return len(a.Rows("SELECT 1 FROM actions WHERE kind = 'event' AND tries = 1 AND lease_until = 0")) == 1
	})
	a.Deliver(payout("evt_3", "payout.paid", "po_2").JSON(t), PlatformSecret)
	Eventually(t, "another object's event is done", func() bool { return box.ids() == "evt_1 evt_3" })
	a.goOn()
	if got := box.ids(); got != "evt_1 evt_3 evt_1 evt_2" {
		t.Errorf("want evt_1 again and evt_2 after it, got %s", got)
	}
}

// A type that the program handles cannot be the team's, and one that the team has given
// up is in nobody's way.
func TestTeamsOwnEventsAtTheStart(t *testing.T) {
	box := &inbox{fails: map[string]int{"evt_1": 99}}
	err := app.Run(t.Context(), nil, settings.New(SettingsOf("DATABASE_URL="+filepath.Join(t.TempDir(), "a.db"))), box.handles(VerifiedEvent), NewOutput())
	if err == nil || !strings.HasPrefix(err.Error(), "team: Events has "+VerifiedEvent) {
		t.Errorf("a type that the program handles must stop the start, got %v", err)
	}
	a := StartTeam(t, box.handles("payout.paid"))
	a.Deliver(payout("evt_1", "payout.paid", "po_1").JSON(t), PlatformSecret)
	Eventually(t, "the function is called", func() bool { return box.ids() != "" })
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	a.Change("UPDATE actions SET due_at = 0, lease_until = 0 WHERE due_at IS NOT NULL")
	a.Team = a.watched(box.handles("payout.failed"))
	a.Run()
	a.NothingIsLeft()
	if out := a.Out.String(); !strings.Contains(out, "handled no more") || !strings.Contains(out, "payout.paid") {
		t.Errorf("an event that nobody handles any more must be told once, got\n%s", out)
	}
}

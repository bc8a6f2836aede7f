package outcomes

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"example.com/identity-starter/store"
)

// TeamFunc is the team's own code after an outcome.
type TeamFunc func(ctx context.Context, log *slog.Logger, o Outcome) error

// Team has the team's function called for each outcome.
func Team(do TeamFunc) Consumer {
	return Consumer{Consumer: store.Consumer{Name: "team", Wants: func(o Outcome) bool { return !o.Internal() }},
		Do: func(ctx context.Context, p Parts, a store.Action) error { return do(ctx, p.Log, a.Outcome) }}
}

// Event is a webhook event of a type that the team handles. Its payload is kept
// nowhere: ask Stripe for the object, as it is now.
type Event struct {
	ID, Type  string
	Account   string // acct_… of the connected account that it is about; "": our own
	ObjectID  string
	CreatedAt time.Time // Stripe's time
}

// EventFunc is the team's own code for an event.
type EventFunc func(ctx context.Context, log *slog.Logger, e Event) error

// OwnEvents has the team's functions called for events of its own types: those
// about one object in the order in which they came.
func OwnEvents(do map[string]EventFunc) Consumer {
	return Consumer{Consumer: store.Consumer{Name: "event", Wants: func(o Outcome) bool { return o.What == store.OutcomeOwnEvent }},
		Do: func(ctx context.Context, p Parts, a store.Action) error {
			e, err := p.DB.Event(ctx, strings.TrimPrefix(a.Key, "event:"))
			if err != nil {
				return err
			}
			handle := do[e.Type]
			if handle == nil {
				p.Log.WarnContext(ctx, "an event's type is handled no more", "event", e.ID, "type", e.Type)
				return nil
			}
			return handle(ctx, p.Log, Event{ID: e.ID, Type: e.Type, Account: e.Account, ObjectID: e.ObjectID, CreatedAt: e.CreatedAt})
		}}
}

// OwnTypes are the types of the events that the team handles.
func OwnTypes(do map[string]EventFunc) []string { return slices.Sorted(maps.Keys(do)) }

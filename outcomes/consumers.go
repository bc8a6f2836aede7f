package outcomes

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/store"
)

// Outcome is something that has happened to a user.
type Outcome = store.Outcome

// What can happen: Outcome.What.
const (
	Verified     = store.OutcomeVerified
	Failed       = store.OutcomeFailed
	Exhausted    = store.OutcomeExhausted
	InReview     = store.OutcomeInReview
	Approved     = store.OutcomeApproved
	Rejected     = store.OutcomeRejected
	Revoked      = store.OutcomeRevoked
	OneMore      = store.OutcomeOneMore
	Withdrawn    = store.OutcomeWithdrawn
	Canceled     = store.OutcomeCanceled
	Redact       = store.OutcomeRedact
	Connected    = store.OutcomeConnected
	Disconnected = store.OutcomeDisconnected
)

// Parts are what works outside of requests: what consumers and extras are given.
type Parts struct {
	DB      *store.DB
	Stripe  *gateway.Client
	Record  *Recorder
	Log     *slog.Logger
	BaseURL *url.URL // the public origin
	// Words finds what is written in a language, "" being any, and says which one it is.
	Words func(lang string) (found string, say func(key string, args ...string) string)
}

// Consumer is one that something follows from outcomes by: at least once, after
// the outcome is on disk and outside of any request, in the order of each user's
// outcomes. It is the only way by which anything does.
type Consumer struct {
	store.Consumer
	// Do does one action within a minute, when its context ends; what goes on then is left alone, and tried again
	// later. An error or a panic has it called again later, for a day; an error that wraps ErrForGood does not.
	Do func(ctx context.Context, p Parts, a store.Action) error
	// GivenUp is called once Do has failed for good, or for a day, before that is written, and
	// again, with Do, until it succeeds; also while a Do that does not end goes on. nil: nothing is to be done.
	GivenUp func(ctx context.Context, p Parts, a store.Action) error
	// Persistent says that Do is called again until it succeeds, or fails for good, and not for a day only.
	Persistent bool
	// Private says that they see what Stripe found out about a person: what they panic with is not logged, and their errors as Spoken.
	Private bool
	// AtOnce is how many of its actions may be under way in a process, for one that waits for others more than it works; 0: a few.
	AtOnce int
}

// ErrForGood means that repeating an action would be in vain.
var ErrForGood = errors.New("not to be repeated")

// Wanting are the consumers as the store knows them.
func Wanting(list []Consumer) []store.Consumer {
	var out []store.Consumer
	for _, c := range list {
		known := c.Consumer
		known.Wants = func(o Outcome) (yes bool) {
			// It runs where news is recorded, which must not fail for it: Do says what is wrong.
			defer func() { yes = yes || recover() != nil }()
			return c.Wants(o)
		}
		out = append(out, known)
	}
	return out
}

// Disconnect ends a connection that was read before, at Stripe first: an account that is only forgotten here would stay
// open to us. That it had ended there is fine. Errors: those of gateway.Deauthorize.
func (p Parts) Disconnect(ctx context.Context, a store.Account) error {
	if err := p.Stripe.Deauthorize(ctx, a.ID); err != nil && !errors.Is(err, gateway.ErrNotConnected) {
		return err
	}
	return p.DB.EndConnection(context.WithoutCancel(ctx), a)
}

// CloseSession closes sessions at Stripe that must not be used any more.
func CloseSession() Consumer {
	return Consumer{Consumer: store.Consumer{Name: "cancel", Wants: func(o Outcome) bool { return o.What == store.OutcomeSuperfluous }},
		Do: func(ctx context.Context, p Parts, a store.Action) error { // if there still is a reason to
			v, must, err := p.DB.MustCancel(ctx, a.ObjectID)
			if err != nil || !must {
				return err
			}
			session, err := p.Stripe.CancelSession(ctx, v.SessionID)
			if errors.Is(err, gateway.ErrNotCancelable) {
				session, err = p.Stripe.RetrieveSession(ctx, v.SessionID) // it moved on without us hearing of it
			}
			_, err = p.Record.Answer(ctx, v, session, err)
			return err
		}}
}

// errUnsettled means that Stripe's answer is not certainly newer than what is known: its times are whole seconds, and other news
// may have come while Stripe was asked.
var errUnsettled = errors.New("the answer about a verdict is not certainly newer than what is known")

const askAgain = "ask"

// AskAgain asks Stripe about sessions of which an event does not say enough: it is thin, or contradicts what is known here, where a
// verdict is at stake, and may be late, or overtaken. What follows, follows from the answer.
func AskAgain() Consumer {
	return Consumer{Consumer: store.Consumer{Name: askAgain, Wants: func(o Outcome) bool { return o.What == store.OutcomeToAsk }}, Persistent: true,
		Do: func(ctx context.Context, p Parts, a store.Action) error {
			v, err := p.DB.OfSession(ctx, a.ObjectID)
			if err != nil {
				return err
			}
			session, err := p.Stripe.RetrieveSession(ctx, v.SessionID)
			result, err := p.Record.answer(ctx, v, session, err)
			again := v.Status == store.Verified && session.Status == string(store.Processing) // somebody tries it once more
			if err == nil && (result == store.Asked || again) {
				return errUnsettled
			}
			return err
		}}
}

// TeamFunc is the team's own code after an outcome. Its User says where the user stands by then.
type TeamFunc func(ctx context.Context, log *slog.Logger, o Outcome) error

// Team has the team's function called for each outcome.
func Team(do TeamFunc) Consumer {
	return Consumer{Consumer: store.Consumer{Name: "team", Users: true, Wants: func(o Outcome) bool { return !o.Internal() }},
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

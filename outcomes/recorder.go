// Package outcomes owns what happens outside of anybody's request: what Stripe's
// words mean for the store, what follows from an outcome, and finding out what
// no webhook has told. It serves no HTTP.
package outcomes

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/store"
)

// Recorder writes down what Stripe says, in events and in answers, by the same rules.
type Recorder struct {
	db     *store.DB
	live   bool
	own    []string // types of events that the team handles
	log    *slog.Logger
	waited rate.Sometimes // for a webhook
	warned rate.Sometimes
	newer  sync.Map // versions of the API that were told of
}

// NewRecorder makes a recorder for one of Stripe's modes. Own are the types of
// events that the team handles.
func NewRecorder(db *store.DB, live bool, own []string, log *slog.Logger) *Recorder {
	return &Recorder{db: db, live: live, own: own, log: log,
		waited: rate.Sometimes{Interval: webhookWithin}, warned: rate.Sometimes{Interval: 24 * time.Hour}}
}

// Event records an event. Once it returns without an error, the event may be acknowledged.
func (r *Recorder) Event(ctx context.Context, e gateway.Event) (store.Result, error) {
	if gateway.IsNewer(e.APIVersion) {
		if _, told := r.newer.LoadOrStore(e.APIVersion, nil); !told {
			r.log.InfoContext(ctx, "events come in a newer version of Stripe's API than the library's: that is fine, for what is read of them is the same in every version",
				"version", e.APIVersion, "library", gateway.APIVersion)
		}
	}
	return r.db.RecordEvent(ctx, r.toRecord(e))
}

// Answer records what Stripe answered to a question about a verification's session: the session, or an error. v is how the
// verification was before Stripe was asked. It says what the answer was: Applied, Stale, or Asked, where the question has
// to be asked again. That Stripe does not know the session is an answer, too. Errors: the one given, store.ErrNotOurs.
func (r *Recorder) Answer(ctx context.Context, v store.Verification, session gateway.Session, err error) (store.Result, error) {
	result, err := r.answer(ctx, v, session, err)
	if result == store.Applied && (session.Status == string(store.Verified) || session.Failed) {
		r.expectWebhook(context.WithoutCancel(ctx), session)
	}
	return result, err
}

// answer is Answer to a question that an event has brought up: no webhook need come any more.
func (r *Recorder) answer(ctx context.Context, v store.Verification, session gateway.Session, err error) (store.Result, error) {
	if errors.Is(err, gateway.ErrMissing) {
		r.log.WarnContext(ctx, "stripe does not know a session, which is closed here", "session", v.SessionID, "error", err)
		return store.Applied, r.db.RecordMissing(context.WithoutCancel(ctx), v.ID)
	} else if err != nil {
		return "", err
	}
	news, ok := toNews(session)
	if !ok {
		return "", fmt.Errorf("record session: unknown status: %w", gateway.ErrUnavailable)
	}
	news.Reference, news.UserID = v.ID, v.UserID // we asked about this one, whatever a redaction has left of it
	news.Known = v.State()
	// A session that exists must be recorded, even for a person who has left.
	return r.db.RecordSession(context.WithoutCancel(ctx), news)
}

const (
	webhookWithin = time.Minute
	webhookBefore = 10 * time.Minute // Stripe may have sent it before we asked
)

// expectWebhook warns where an outcome was learned by asking only: many go live
// with an endpoint that receives nothing. One question at a time is enough.
func (r *Recorder) expectWebhook(ctx context.Context, s gateway.Session) {
	r.waited.Do(func() {
		time.AfterFunc(webhookWithin, func() {
			heard, err := r.db.HeardOf(ctx, s.ID, s.At.Add(-webhookBefore))
			if err != nil || heard {
				return // an error: the program is stopping, or the log is full of it already
			}
			r.warned.Do(func() {
				r.log.WarnContext(ctx, "an outcome was learned by asking Stripe, but no webhook came within a minute: "+
					"on your machine run the `stripe listen` command that the program prints at its start, elsewhere `go run . doctor` checks the endpoint")
			})
		})
	})
}

// toRecord decides what an event is to us. What is nothing will be recorded as ignored.
func (r *Recorder) toRecord(e gateway.Event) store.Event {
	record := store.Event{ID: e.ID, Type: e.Type, Account: e.Account, ObjectID: e.ObjectID,
		Livemode: e.Livemode, CreatedAt: e.CreatedAt, Fetched: e.Secret == 0}
	switch ofSession := e.OfSession(); {
	case ofSession && e.Account != "": // a connected merchant's session, into which he can write any reference
	case ofSession && e.Thin:
		record.Ask = true
	case ofSession:
		if news, ok := toNews(e.Session); ok {
			record.Session = &news
		}
	case e.Thin: // of anything else
	case e.Type == gateway.EventDeauthorized:
		record.Deauthorized = e.Account != ""
	default:
		record.Own = slices.Contains(r.own, e.Type)
	}
	return record
}

// toNews turns what Stripe says into what store understands; false for a status
// that Stripe has not had so far.
func toNews(s gateway.Session) (store.News, bool) {
	n := store.News{SessionID: s.ID, Reference: s.Reference, UserID: s.UserID, Status: store.Status(s.Status),
		Failed: s.Failed, ErrorCode: s.ErrorCode, ReportID: s.ReportID, Redacting: s.Redacting, Redacted: s.Redacted, At: s.At}
	return n, slices.Contains([]store.Status{store.RequiresInput, store.Processing, store.Verified, store.Canceled}, n.Status)
}

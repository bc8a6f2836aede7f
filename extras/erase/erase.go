// Package erase has Stripe redact what it holds about people: of whom the command
// redact or a reviewer's decision names, and with RETENTION_DAYS of everybody after
// that time. It also forgets users, and removes old rows of events. What is redacted
// at Stripe, whoever asked for it, the core records.
package erase

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
)

//go:embed schema/*.sql
var files embed.FS

// New makes the extra. It redacts for whoever asks; RETENTION_DAYS has it do so by itself.
func New(p extras.Program) extras.Extra {
	days := p.Settings.Number("RETENTION_DAYS", 0, 1, 36_500)
	schema, _ := fs.Sub(files, "schema") // it fails for a malformed name only
	e := extras.Extra{Name: "erase", State: "on request", Setting: "RETENTION_DAYS", Schema: schema,
		Consumers: []outcomes.Consumer{consumer()},
		Work:      func(ctx context.Context, p outcomes.Parts) { work(ctx, p, days) },
		Command:   &extras.Command{Name: "redact", Usage: "redact [-forget] USER_ID", Read: readArguments}}
	switch {
	case days == 1:
		e.State += " and after 1 day"
	case days > 1:
		e.State += fmt.Sprintf(" and after %d days", days)
	}
	return e
}

// consumer has a user's sessions redacted when a reviewer has decided so.
func consumer() outcomes.Consumer {
	return outcomes.Consumer{
		Consumer: store.Consumer{Name: "erase", Decision: store.Redact, Wants: func(o outcomes.Outcome) bool { return o.What == outcomes.Redact }},
		Do: func(ctx context.Context, p outcomes.Parts, a store.Action) error {
			// Before those that have come of age; what was begun since is not what was decided about.
			return want(ctx, p.DB, a.UserID, 0, a.CreatedAt.Unix(), false)
		},
	}
}

const (
	redactEvery = time.Second / 2 // a session at most, of a call or two to Stripe: 170,000 a day
	retainEvery = time.Minute     // how often to look for what has come of age
	eventsKeep  = 90 * 24 * time.Hour
	sayEvery    = 15 * time.Minute // what fails all the time
)

// redact asks Stripe to redact one session and records the answer. It says
// whether Stripe has done it, which may take days. A verification whose create
// got no answer may have a session all the same.
func redact(ctx context.Context, p outcomes.Parts, v store.Verification) (bool, error) {
	if v.SessionID == "" {
		found, err := p.Stripe.FindSession(ctx, v.ID, v.UserID)
		if err != nil {
			return false, err
		} else if found.ID == "" {
			return true, nothingToRedact(ctx, p.DB, v)
		}
		v.SessionID = found.ID
	}
	session, err := p.Stripe.Redact(ctx, v.SessionID)
	_, err = p.Record.Answer(ctx, v, session, err)
	return session.Redacted || session.ID == "", err // what Stripe does not know it does not have
}

// work finishes redactions that somebody has asked for, and forgets users. With a
// number of days it also asks for redactions of older sessions, and removes old rows of
// events. None of these waits for another that fails. It returns when ctx ends.
func work(ctx context.Context, p outcomes.Parts, days int) {
	turn, look := time.Tick(redactEvery), time.Tick(retainEvery)
	warn := seldom(ctx, p.Log)
	for more, able := days > 0, true; ; {
		select {
		case <-turn:
			if able {
				_, err := forgetAll(ctx, p.DB, "")
				warn("users cannot be forgotten yet: it will be tried again", err)
				able = err == nil
			}
			due := redactOnce(ctx, p, warn)
			if more { // in batches, each after a pause for others to write in
				var err error
				more, err = retainOnce(ctx, p.DB, days, !due)
				warn("old rows cannot be retired: the next try is in a minute", err)
			}
		case <-look:
			more, able = days > 0, true
		case <-ctx.Done():
			return
		}
	}
}

// seldom makes a function that logs an error, but not all the time.
func seldom(ctx context.Context, log *slog.Logger) func(text string, err error) {
	said := map[string]time.Time{}
	return func(text string, err error) {
		if err != nil && ctx.Err() == nil && time.Since(said[text]) >= sayEvery {
			said[text] = time.Now()
			log.WarnContext(ctx, text, "error", err)
		}
	}
}

// redactOnce says whether a session's turn has come. That it failed is said of each:
// its next turn is in an hour at least.
func redactOnce(ctx context.Context, p outcomes.Parts, warn func(string, error)) bool {
	v, due, err := nextRedaction(ctx, p.DB)
	if warn("sessions to redact cannot be found: it will be tried again", err); err != nil || !due {
		return false
	}
	if _, err := redact(ctx, p, v); err != nil && ctx.Err() == nil {
		p.Log.WarnContext(ctx, "a session cannot be redacted yet: it will be tried again", "session", v.SessionID, "error", err)
	}
	return true
}

// retainOnce says whether there may be more. Sessions come of age only while nobody
// waits for a turn at Stripe: what people have asked for is not behind a thousand old ones.
func retainOnce(ctx context.Context, db *store.DB, days int, idle bool) (more bool, err error) {
	now := time.Unix(db.Now(), 0)
	events, err := db.RemoveEvents(ctx, now.Add(-eventsKeep))
	if err != nil || !idle {
		return err == nil, err
	}
	sessions, err := retire(ctx, db, now.AddDate(0, 0, -days))
	return err == nil && (sessions || events), err
}

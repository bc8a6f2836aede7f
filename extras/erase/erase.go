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
			return want(ctx, p.DB, a.UserID, 0, false) // before those that have come of age
		},
	}
}

const (
	redactEvery = time.Second / 2 // a session at most, of a call or two to Stripe: 170,000 a day
	retainEvery = time.Minute     // how often to look for what has come of age
	eventsKeep  = 90 * 24 * time.Hour
)

// redact asks Stripe to redact one session and records the answer. It says
// whether Stripe has done it, which may take days. A verification whose create
// got no answer may have a session all the same.
func redact(ctx context.Context, p outcomes.Parts, v store.Verification) (bool, error) {
	if v.SessionID == "" {
		found, err := p.Stripe.FindSession(ctx, v.ID)
		if err != nil {
			return false, err
		} else if found.ID == "" {
			return true, nothingToRedact(ctx, p.DB, v)
		}
		v.SessionID = found.ID
	}
	session, err := p.Stripe.Redact(ctx, v.SessionID)
	if err != nil {
		return false, err
	}
	_, err = p.Record.Answer(ctx, v, session)
	return session.Redacted, err
}

// work finishes redactions that somebody has asked for. With a number of days it
// also asks for those of older sessions, and removes old rows of events. It
// returns when ctx ends.
func work(ctx context.Context, p outcomes.Parts, days int) {
	turn, look := time.Tick(redactEvery), time.Tick(retainEvery)
	warn := func(text string, err error) {
		if err != nil && ctx.Err() == nil {
			p.Log.WarnContext(ctx, text, "error", err)
		}
	}
	for more := days > 0; ; {
		select {
		case <-turn:
			due, err := redactOnce(ctx, p)
			warn("a session cannot be redacted yet: it will be tried again", err)
			if more { // in batches, each after a pause for others to write in
				more, err = retainOnce(ctx, p.DB, days, !due)
				warn("old rows cannot be retired: the next try is in a minute", err)
			}
		case <-look:
			more = days > 0
		case <-ctx.Done():
			return
		}
	}
}

// redactOnce says whether a session's turn has come.
func redactOnce(ctx context.Context, p outcomes.Parts) (due bool, err error) {
	if _, err := forgetAll(ctx, p.DB); err != nil {
		return false, err
	}
	v, due, err := nextRedaction(ctx, p.DB)
	if err != nil || !due {
		return due, err
	}
	_, err = redact(ctx, p, v)
	return true, err
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

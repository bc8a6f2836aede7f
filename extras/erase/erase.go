// Package erase has Stripe redact what it holds about people: of whom the command
// redact or a reviewer's decision names, and with RETENTION_DAYS of everybody after
// that time. It also forgets users. What is redacted at Stripe, whoever asked for it,
// the core records.
package erase

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/gateway"
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
		Check:     check,
		Command:   redactCommand()}
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
	redactEvery = time.Second / 2  // a session at most, of a call or two to Stripe: 170,000 a day
	retainEvery = time.Minute      // how often to look for what has come of age
	sayEvery    = 15 * time.Minute // what fails all the time
)

// progress is how far a redaction has got, in words for people.
type progress string

const (
	done     progress = "redacted"
	nothing  progress = "nothing to redact: Stripe has no such session"
	asked    progress = "asked: Stripe takes up to four days"
	accepted progress = "asked: Stripe has taken it in, and does not say that it has begun; it is asked again"
	unmade   progress = "a click may be having it made just now: it is looked for again in a minute"
	refused  progress = "refused: Stripe does not redact it"
)

// check has the doctor tell of what nobody can do here.
func check(ctx context.Context, q store.Querier, live int) (what, fix string, err error) {
	n := 0
	err = q.QueryRowContext(ctx, `SELECT count(*) FROM redactions WHERE livemode = $1 AND refused = 1`, live).Scan(&n)
	if err != nil || n == 0 {
		return "", "", err
	}
	return fmt.Sprintf("Stripe refuses for good to redact %d sessions", n), byHand, nil
}

// redact asks Stripe to redact one session and records the answer. Until Stripe has done it
// may take days. A verification whose create got no answer may have a session all the same.
func redact(ctx context.Context, p outcomes.Parts, v store.Verification) (progress, error) {
	if v.SessionID == "" {
		found, err := p.Stripe.FindSession(ctx, v.ID, v.UserID)
		if err != nil {
			return "", err
		}
		if found.ID == "" {
			gone, err := p.DB.GiveUpUnmade(ctx, v.ID)
			if gone || err != nil {
				return nothing, err
			}
			return unmade, soon(ctx, p.DB, v.ID)
		}
		v.SessionID = found.ID
	}
	session, err := p.Stripe.Redact(ctx, v.SessionID)
	if errors.Is(err, gateway.ErrNotRedactable) {
		return refused, errors.Join(err, refuse(ctx, p.DB, v.ID))
	}
	_, err = p.Record.Answer(ctx, v, session, err)
	switch {
	case session.ID == "": // what Stripe does not know it does not have
		return nothing, err
	case session.Redacted:
		return done, err
	case session.Erasing:
		return asked, err
	}
	return accepted, err
}

// work has one program of all that share the database do what was asked for, and each take what it has erased out of the files.
// It returns when ctx ends.
func work(ctx context.Context, p outcomes.Parts, days int) {
	var scrubbing sync.WaitGroup
	defer scrubbing.Wait()
	scrubbing.Go(func() { scrubAll(ctx, p) })
	p.InTurn(ctx, "erase", func(ctx context.Context, _ bool) { eraseAll(ctx, p, days) })
}

// scrubAll takes out of the files what this program has erased, as soon as nobody reads it.
func scrubAll(ctx context.Context, p outcomes.Parts) {
	warn := seldom(ctx, p.Log)
	for again := time.Tick(redactEvery); ; {
		select {
		case <-again:
			_, err := p.DB.Scrub(ctx)
			warn("what was erased cannot be taken out of the write-ahead log yet: the next try is in half a second", err)
		case <-ctx.Done():
			return
		}
	}
}

// eraseAll finishes redactions that somebody has asked for, and forgets users. With a
// number of days it also asks for redactions of older sessions. None of these waits for
// another that fails. It returns when ctx ends.
func eraseAll(ctx context.Context, p outcomes.Parts, days int) {
	turn, look := time.Tick(redactEvery), time.Tick(retainEvery)
	warn := seldom(ctx, p.Log)
	_ = notAhead(ctx, p.DB) // what is wrong with the tables is said below
	for more, able, after := days > 0, true, ""; ; {
		select {
		case <-turn:
			if able {
				var err error
				after, err = forgetSome(ctx, p.DB, after)
				warn("users cannot be forgotten yet: the next try is in a minute", err)
				able = err == nil
			}
			disconnectOnce(ctx, p, warn)
			before := time.Unix(p.DB.Now(), 0).AddDate(0, 0, -days)
			if days == 0 {
				before = time.Time{} // nothing is too old
			}
			// Sessions come of age only while nobody waits for a turn at Stripe: what people have asked for is not behind a thousand old ones.
			if due := redactOnce(ctx, p, before, warn); more && !due {
				var err error
				more, err = retire(ctx, p.DB, before)
				warn("old sessions cannot be retired: the next try is in a minute", err)
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
// its next turn is in an hour at least. Of those that nobody has wanted redacted it takes the ones from before that time.
func redactOnce(ctx context.Context, p outcomes.Parts, before time.Time, warn func(string, error)) bool {
	v, again, err := nextRedaction(ctx, p.DB, before)
	if warn("sessions to redact cannot be found: the next try is in half a second", err); err != nil || again == 0 {
		return false
	}
	switch how, err := redact(ctx, p, v); {
	case ctx.Err() != nil || err == nil:
	case how == refused:
		p.Log.ErrorContext(ctx, "stripe refuses to redact a session, and is not asked again: "+byHand, "session", v.SessionID, "error", err)
	default:
		p.Log.WarnContext(ctx, "a session cannot be redacted yet: repeated in "+outcomes.Span(again), "session", v.SessionID, "error", err)
	}
	return true
}

// byHand is what to do where Stripe refuses for good.
const byHand = "redact it in the Dashboard, or by a redaction job, or ask Stripe's support; see Erasing in docs/operate.md"

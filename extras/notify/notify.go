// Package notify tells another app, in whatever language, what has happened to people:
// each outcome is a POST to NOTIFY_URL, signed as Standard Webhooks says. It owns what is
// in it and the way there; when it is repeated, and in which order, is the core's. It is
// on with NOTIFY_URL.
package notify

import (
	"context"
	"fmt"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
)

const (
	name = "notify" // of the extra, its consumer and its command
	// A receiver that takes its time for some people must not have others wait.
	atOnce = 64
)

// New makes the extra. The receiver is not asked.
func New(p extras.Program) extras.Extra {
	e := extras.Extra{Name: name, State: "off", Setting: "NOTIFY_URL", Check: check}
	to, on := readReceiver(p.Settings, p.Live)
	if on {
		e.State, e.Consumers = "on", []outcomes.Consumer{{
			Consumer: store.Consumer{Name: name, Wants: func(o outcomes.Outcome) bool { return typeOf(o.What) != "" }},
			Do:       to.tell, AtOnce: atOnce}}
	}
	if to.url != "" {
		e.Probe = to.probe
	}
	e.Command = to.command()
	return e
}

// tell sends the message of an action.
func (r receiver) tell(ctx context.Context, p outcomes.Parts, a store.Action) error {
	m, err := write(ctx, p.DB, a)
	if err != nil {
		return err
	}
	status, err := r.post(ctx, p.DB.Now(), m)
	switch {
	case err != nil:
		return fmt.Errorf("send webhook: %w", err)
	case status/100 == 3:
		return fmt.Errorf("send webhook: the receiver answered %d, and redirects are not followed", status)
	case status/100 != 2:
		return fmt.Errorf("send webhook: the receiver answered %d", status)
	}
	return nil
}

// check has the doctor tell of what was given up.
func check(ctx context.Context, q store.Querier, live int) (what, fix string, err error) {
	n := 0
	err = q.QueryRowContext(ctx, countGivenUp, live, name).Scan(&n)
	if err != nil || n == 0 {
		return "", "", err
	}
	return fmt.Sprintf("given up, because NOTIFY_URL did not take them for a day: %d", n), "once it does, run `go run . notify -again`", nil
}

const countGivenUp = `SELECT count(*) FROM actions WHERE livemode = $1 AND kind = $2 AND failed_at IS NOT NULL`

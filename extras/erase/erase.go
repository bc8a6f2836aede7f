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

	"example.com/identity-starter/extras"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
)

//go:embed schema/*.sql
var files embed.FS

// New makes the extra. It redacts for whoever asks; RETENTION_DAYS has it do so by itself.
func New(p extras.Program) extras.Extra {
	days := p.Settings.Number("RETENTION_DAYS", 0, 1, 36_500)
	schema, err := fs.Sub(files, "schema")
	if err != nil {
		panic(err) // of a name that is a constant
	}
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

package tests

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/app"
	"example.com/identity-starter/extras"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/store"
)

// watched is a team with one more extra, which hands over what the program works with.
func (a *App) watched(team app.NewTeam) app.NewTeam {
	a.parts = make(chan outcomes.Parts, 1)
	harness := func(extras.Program) extras.Extra {
		return extras.Extra{Name: "harness", Work: func(ctx context.Context, p outcomes.Parts) {
			select {
			case <-a.parts: // of an earlier run
			default:
			}
			select {
			case a.parts <- p:
			case <-ctx.Done():
			}
			<-ctx.Done()
		}}
	}
	return func(r *settings.Reader) app.Team {
		t := team(r)
		t.Extras = append(slices.Clone(t.Extras), harness)
		return t
	}
}

// Parts are what the running program works with: its database, its Stripe.
func (a *App) Parts() outcomes.Parts {
	a.T.Helper()
	select {
	case p := <-a.parts:
		a.parts <- p
		return p
	case <-time.After(15 * time.Second):
		a.T.Fatal("the program must have started its work")
		return outcomes.Parts{}
	}
}

// Decide has a reviewer decide about a user, as the pages of an extra would.
func (a *App) Decide(userID, decision string) {
	a.T.Helper()
	Decide(a.T, a.Parts().DB, store.Decision{UserID: userID, Decision: decision, Reviewer: "reviewer", Reason: "a reason"})
}

// Decide has a decision made by somebody who looks at the user, and again where something has changed meanwhile. It must be possible.
func Decide(t *testing.T, db *store.DB, d store.Decision) {
	t.Helper()
	err := store.ErrAlreadyDecided
	for try := 0; try < 5 && errors.Is(err, store.ErrAlreadyDecided); try++ {
		var user store.User
		if user, err = db.User(t.Context(), d.UserID); err == nil {
			d.Seen = user.Seen()
			err = db.Decide(t.Context(), d)
		}
	}
	if err != nil {
		t.Fatalf("decide %s: %v", d.Decision, err)
	}
}

// Rows runs a query on the program's database and returns each row as text, columns separated by |.
func (a *App) Rows(query string, args ...any) []string {
	a.T.Helper()
	db := Raw(a.T, a.Database)
	defer db.Close()
	rows, err := db.QueryContext(a.T.Context(), spoken(a.Database, query), args...)
	if err != nil {
		a.T.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		a.T.Fatal(err)
	}
	var list []string
	for rows.Next() {
		values, texts := make([]any, len(columns)), make([]string, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			a.T.Fatal(err)
		}
		for i, v := range values {
			if yes, ok := (*v.(*any)).(bool); ok { // which SQLite has as a number
				*v.(*any) = bit(yes)
			}
			texts[i] = fmt.Sprint(*v.(*any))
		}
		list = append(list, strings.Join(texts, "|"))
	}
	if err := rows.Err(); err != nil {
		a.T.Fatal(err)
	}
	return list
}

func bit(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// Program is the app with the extras of team/extras.go and nothing else of the team's:
// what browser tests and benchmarks run, whatever a team writes.
package main

import (
	"context"
	"log/slog"

	"example.com/identity-starter/app"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/team"
)

func main() {
	app.Main(func(*settings.Reader) app.Team { return app.Team{Outcome: logOutcome, Extras: team.Extras} })
}

func logOutcome(ctx context.Context, log *slog.Logger, o outcomes.Outcome) error {
	log.InfoContext(ctx, "outcome", "what", o.What, "user", o.UserID, "object", o.ObjectID, "code", o.Code)
	return nil
}

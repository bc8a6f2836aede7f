// Program is the app as the demo runs it: with a team of its own, which compares
// names, and the extras that team/extras.go lists.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"example.com/identity-starter/app"
	"example.com/identity-starter/gateway"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/team"
)

func main() {
	if slices.Equal(os.Args[1:], []string{"extras"}) { // the demo asks what else it has to start
		fmt.Println(strings.Join(team.Extras.Names(), "\n"))
		return
	}
	app.Main(newTeam)
}

func newTeam(*settings.Reader) app.Team {
	t := app.Team{Outcome: logOutcome, Extras: team.Extras}
	if slices.Contains(team.Extras.Names(), "compare") {
		t.Expect = expect
	}
	return t
}

func logOutcome(ctx context.Context, log *slog.Logger, o outcomes.Outcome) error {
	log.InfoContext(ctx, "outcome", "what", o.What, "user", o.UserID, "object", o.ObjectID, "code", o.Code)
	return nil
}

// expect has every user called Test Person, as the simulated Stripe's people usually are.
func expect(_ context.Context, _ string, o gateway.Outputs) (ok bool, note string, err error) {
	if o.FirstName == "Test" && o.LastName == "Person" {
		return true, "", nil
	}
	return false, "another name", nil
}

package app

import (
	"example.com/identity-starter/extras"
	"example.com/identity-starter/gateway"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/templates"
)

// Team is what a team has made its own. What is nil or empty is as it comes.
type Team struct {
	// SignIn says who is signed in. Without it that is the request header of
	// AUTH_USER_HEADER, or, without that, each browser is an anonymous user of its own.
	SignIn handlers.SignInFunc
	// Outcome is called for everything that happens to a user.
	Outcome outcomes.TeamFunc
	// Events are the team's own event types, each with what it does. Subscribe the
	// endpoint at Stripe to them, too. One that no webhook has brought is found all the
	// same, but of the first fifteen types by name only: Stripe lists twenty at once.
	Events map[string]outcomes.EventFunc
	// Check is what Stripe checks, besides what the settings say.
	Check gateway.Check
	// Expect says whether what Stripe found out is what the team knows of the user. It
	// needs the extra compare.
	Expect extras.Expect
	// Prefill is what Stripe's form for a new account starts with.
	Prefill handlers.PrefillFunc
	// Brand is the name, the logo, words and style.
	Brand templates.Brand
	// Extras are the parts of the program that not every team needs.
	Extras extras.List
}

// NewTeam makes the team's part. It may read settings, best named TEAM_…: their
// problems are told together with all others.
type NewTeam func(*settings.Reader) Team

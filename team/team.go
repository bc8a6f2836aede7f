// Package team is yours. Everything that makes the program your own is in this folder
// and in the settings; nobody else writes here, so that you can merge a later version
// of the rest. docs/adapt.md has an example of each part.
package team

import (
	"example.com/identity-starter/app"
	"example.com/identity-starter/settings"
)

// New is called once at the start. What it does not set is as it comes:
//
//   - SignIn: who is signed in, by your own session. Without it that is the header of
//     AUTH_USER_HEADER, or each browser is an anonymous user of its own.
//   - Outcome: your code for everything that happens to a user.
//   - Events: your own types of Stripe's events, each with what it does.
//   - Check: which documents Stripe takes, and whether it wants a selfie.
//   - Expect: whether what Stripe found out is what you know of the user.
//   - Prefill: what Stripe's form for a merchant's new account starts with.
//   - Brand: name, logo, words and style, from the folder brand.
//   - Extras: the parts that not everybody needs; extras.go has the list. Pages of
//     your own are an extra, too.
//
// Your own settings, best named TEAM_…, may stand in .env: read them through r, since
// os.Getenv does not see that file. What is wrong with them, or misspelled, is told at
// the start with all other problems.
func New(r *settings.Reader) app.Team {
	return app.Team{Outcome: outcome, Brand: brand(), Extras: Extras}
}

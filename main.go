// Identity starter verifies people with Stripe Identity and connects merchants'
// Stripe accounts. The program is in app; what a team makes its own is in team.
package main

import (
	"example.com/identity-starter/app"
	"example.com/identity-starter/team"
)

func main() { app.Main(team.New) }

// Program is the app with mail and nothing of a team's, so that what is tested here
// does not depend on what a team has made its own.
package main

import (
	"example.com/identity-starter/app"
	"example.com/identity-starter/extras"
	"example.com/identity-starter/extras/mail"
	"example.com/identity-starter/settings"
)

func main() {
	app.Main(func(*settings.Reader) app.Team { return app.Team{Extras: extras.List{mail.New}} })
}

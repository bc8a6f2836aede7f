package team

import (
	"example.com/identity-starter/extras"
	"example.com/identity-starter/extras/api"
	"example.com/identity-starter/extras/compare"
	"example.com/identity-starter/extras/erase"
	"example.com/identity-starter/extras/flight"
	"example.com/identity-starter/extras/mail"
	"example.com/identity-starter/extras/notify"
	"example.com/identity-starter/extras/review"
)

// Extras are the parts of the program that not every team needs. To take one out,
// remove its two lines here; its folder below extras may go, too.
var Extras = extras.List{
	api.New,
	compare.New,
	review.New,
	mail.New,
	notify.New,
	erase.New,
	flight.New,
}

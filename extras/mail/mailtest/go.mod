module example.com/identity-starter/extras/mail/mailtest

go 1.25.0

require (
	example.com/identity-starter v0.0.0
	github.com/emersion/go-sasl v0.0.0-20241020182733-b788ff22d5a6
	github.com/emersion/go-smtp v0.25.1
	github.com/mattn/go-sqlite3 v1.14.53
)

require github.com/stripe/stripe-go/v82 v82.5.1 // indirect

replace example.com/identity-starter => ../../..

module example.com/identity-starter/e2e

go 1.25.0

require (
	example.com/identity-starter v0.0.0
	github.com/chromedp/cdproto v0.159.0
	github.com/chromedp/chromedp v0.23.0
)

require (
	github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
	github.com/stripe/stripe-go/v82 v82.5.1 // indirect
	golang.org/x/text v0.41.0 // indirect
)

replace example.com/identity-starter => ..

package handlers

import (
	"net/http"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
	"example.com/identity-starter/templates"
)

// NextStep is what the page offers after a code of Stripe's; false: the code has no step of its own.
func NextStep(code string) (retry bool, way string, known bool) {
	way, known = nextSteps[code]
	return known && leadsOn(way), way, known
}

// StepCodes are the codes that have a step.
func StepCodes() []string {
	var codes []string
	for code := range nextSteps {
		codes = append(codes, code)
	}
	return codes
}

// Describe is the page of somebody whose newest check failed with the code, where
// support is SUPPORT_URL: title, message and next step, and whether there is a button.
func Describe(code, support string, left int, say func(key string, args ...string) string) (words [3]string, button bool) {
	p := DescribeChecked(gateway.Check{}, support, store.User{AttemptsLeft: left, Attempts: 1,
		Newest: &store.Verification{ID: "DATABASEREFERENCE", Status: store.RequiresInput, ErrorCode: code}}, say)
	return [3]string{p.Title, p.Message, p.Next}, p.Button
}

// DescribeChecked is the page of a user where Stripe makes this check, and support is SUPPORT_URL.
func DescribeChecked(check gateway.Check, support string, u store.User, say func(key string, args ...string) string) templates.Verification {
	w := Web{Settings: Settings{SupportURL: support}, Parts: outcomes.Parts{Stripe: gateway.New(gateway.Options{Check: check})}}
	return w.describe(say, u)
}

// Clients is how many a budget has.
func (b *Budget) Clients() int { return len(b.newer) + len(b.older) }

// ClientAddress is where a request has come from, where nobody but this machine is trusted.
func ClientAddress(r *http.Request) string { return clientAddress(nil)(r) }

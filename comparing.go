package main

import "example.com/identity-starter/outcomes"

// comparing says whether what Stripe finds out is compared, which is decided in code.
func comparing(reviewers int) extra { return comparingIf(outcomes.CompareOutputs, reviewers) }

func comparingIf(on bool, reviewers int) extra {
	e := extra{Name: "comparing", State: "off", Setting: "CompareOutputs in outcomes/expected.go"}
	if on {
		e.State = "on"
	}
	if on && reviewers == 0 {
		e.Warning = "REVIEWERS is not set, so nobody can release those who differ"
	}
	return e
}

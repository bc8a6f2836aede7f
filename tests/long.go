package tests

import "os"

// longTests, set to anything, runs the tests of faults at their full length.
const longTests = "IDENTITY_STARTER_LONG_TESTS"

// Length is short, or long where long tests are asked for.
func Length[T any](short, long T) T {
	if os.Getenv(longTests) != "" {
		return long
	}
	return short
}

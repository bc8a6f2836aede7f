package flight_test

import (
	"testing"

	"example.com/identity-starter/extras/flight"
	"example.com/identity-starter/tests"
)

func TestByDefault(t *testing.T) {
	tests.Stands(t, flight.New, "flight", "a test key and a loopback BASE_URL", "on")
}

package main

import (
	"strings"
	"testing"
)

// Each part is off until it is turned on, and the start says so.
func TestExtrasAreAnnounced(t *testing.T) {
	list := extras(config{})
	for _, e := range list {
		if e.State != "off" || e.Warning != "" {
			t.Errorf("%s must be off until it is turned on, and nothing be wrong with it, got %+v", e.Name, e)
		}
	}
	var want strings.Builder
	announceExtras(&want, list)
	Start(t).Announces(t, want.String())
}

package app

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
)

// A stop does not wait for ever for what an extra does in the background.
func TestStopDoesNotWaitForAnExtra(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		released := make(chan struct{})
		defer close(released)
		hanging := func(extras.Program) extras.Extra {
			return extras.Extra{Name: "hanging", State: "on", Work: func(context.Context, outcomes.Parts) { <-released }}
		}
		team := func(*settings.Reader) Team { return Team{Extras: extras.List{hanging}} }
		getenv := environmentOf("BASE_URL=http://localhost:4242", "DATABASE_URL="+t.TempDir()+"/starter.db", "STRIPE_API_BASE=http://127.0.0.1:1")
		var log bytes.Buffer
		a, err := New(t.Context(), getenv, team, &log)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := a.Close(); err != nil || time.Since(began) > drainTime {
			t.Errorf("a stop must end within %v, whatever an extra does, got %v, %v", drainTime, time.Since(began), err)
		}
		if !strings.Contains(log.String(), "does not end") {
			t.Errorf("and say so, got %s", log.String())
		}
	})
}

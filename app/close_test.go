package app

import (
	"io"
	"testing"
)

// Another program may close the app on more than one of its ways out.
func TestCloseTwice(t *testing.T) {
	settings := settingsOf("BASE_URL=http://localhost:4242", "DATABASE_URL="+t.TempDir()+"/starter.db", "STRIPE_API_BASE=http://127.0.0.1:1")
	a, err := New(t.Context(), settings, nobody, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := a.Close(); err != nil {
			t.Errorf("the app must close, and say the same when it is closed already, got %v", err)
		}
	}
}

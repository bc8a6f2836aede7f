package tests

import (
	"bytes"
	"regexp"
	"sync"
	"testing"
	"time"
)

// Output keeps what the program prints.
type Output struct {
	mu   sync.Mutex
	text bytes.Buffer
	seen chan struct{}
}

// NewOutput is an output in which nothing has been printed yet.
func NewOutput() *Output { return &Output{seen: make(chan struct{}, 1)} }

func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.seen <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// Opened finds the address that the program tells people to open.
var Opened = regexp.MustCompile(`(?m)^  open +(\S+)$`)

// Wait returns the address that the program tells people to open.
func (o *Output) Wait(t *testing.T, done <-chan error) string {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		if m := Opened.FindStringSubmatch(o.String()); m != nil {
			return m[1]
		}
		select {
		case <-o.seen:
		case err := <-done:
			t.Fatalf("the program ended at its start: %v", err)
		case <-limit:
			t.Fatalf("the program did not say where it listens; it said:\n%s", o.String())
		}
	}
}

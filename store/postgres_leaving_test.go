package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// Whoever leaves while those that share a transaction wait for a connection has written nothing.
func TestLeavingBeforeThereIsAConnection(t *testing.T) {
	tests.OnlyServer(t, "a file has one connection that writes")
	db := openAt(t, tests.Database(t), store.Options{Consumers: everybody})
	mustBegin(t, db, "user1", "vs_1")
	begun, goOn := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	for full := false; !full; { // until all connections are taken
		ctx, leave := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer leave()
		left := make(chan struct{})
		all.Go(func() {
			if db.InTx(ctx, func(context.Context, *store.Tx) error { begun <- struct{}{}; <-goOn; return nil }) != nil {
				close(left)
			}
		})
		select {
		case <-begun:
		case <-left:
			full = true
		}
	}
	n := store.News{SessionID: "vs_1", UserID: "user1", Status: store.Verified, At: at(9)}
	e := store.Event{ID: "evt_1", Type: "t", ObjectID: "vs_1", CreatedAt: n.At, Session: &n}
	ctx, leave := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer leave()
	free := sync.OnceFunc(func() { close(goOn) })
	late := time.AfterFunc(5*time.Second, free)
	if _, err := db.RecordEvent(ctx, e); !errors.Is(err, context.DeadlineExceeded) || !late.Stop() {
		t.Errorf("who leaves must be told so, and not wait for a connection, got %v", err)
	}
	free()
	all.Wait()
	if result, err := db.RecordEvent(t.Context(), e); err != nil || result != store.Applied {
		t.Errorf("what nobody waits for any more must not be recorded, got %s, %v", result, err)
	}
}

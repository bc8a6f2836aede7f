package store_test

import (
	"context"
	"errors"
	"testing"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// slowDisk is a log whose sync takes until it is let go, and then fails or not.
type slowDisk struct {
	begun, letGo chan struct{}
	err          error
}

func (d *slowDisk) Sync() error {
	d.begun <- struct{}{}
	<-d.letGo
	return d.err
}

// Nobody is told that it is done before the disk has it, and once a disk has failed to take something nothing more is
// acknowledged: what it says later cannot be trusted.
func TestAcknowledgedIsOnDisk(t *testing.T) {
	tests.OnlyFile(t, "a server puts on disk what it commits by itself")
	db := open(t, store.Options{Consumers: everybody})
	disk := &slowDisk{begun: make(chan struct{}), letGo: make(chan struct{})}
	db.ReplaceLog(disk)
	record := func(id string) <-chan error {
		told := make(chan error, 1)
		go func() {
			_, err := db.RecordEvent(context.WithoutCancel(t.Context()), store.Event{ID: id, Type: "t", CreatedAt: at(1)})
			told <- err
		}()
		return told
	}
	first := record("evt_1")
	<-disk.begun
	select {
	case err := <-first:
		t.Fatalf("an event must not be acknowledged while the disk has not taken it, got %v", err)
	default:
	}
	disk.letGo <- struct{}{}
	if err := <-first; err != nil {
		t.Fatalf("what is on disk must be acknowledged, got %v", err)
	}
	disk.err = errors.New("the disk is broken")
	second := record("evt_2")
	<-disk.begun
	disk.letGo <- struct{}{}
	if err := <-second; !errors.Is(err, disk.err) {
		t.Errorf("what a disk has not taken must not be acknowledged, got %v", err)
	}
	disk.err = nil
	if err := <-record("evt_3"); err == nil {
		t.Error("a disk that has failed once must not be trusted again")
	}
}

// On macOS what is synced may be in the drive's memory only, unless SQLite is told otherwise: on each connection, since
// the one that reads last writes the log into the file.
func TestSyncsReachTheDisk(t *testing.T) {
	tests.OnlyFile(t, "a server puts on disk what it commits by itself")
	db := open(t, store.Options{})
	for _, setting := range []string{"PRAGMA fullfsync", "PRAGMA checkpoint_fullfsync"} {
		read, err := db.Count(t.Context(), setting)
		if err != nil || read != 1 {
			t.Errorf("%s must be on for those who read, got %d, %v", setting, read, err)
		}
		if err := inTxOf(t, db, func(tx *store.Tx) error { return tx.QueryRowContext(t.Context(), setting).Scan(&read) }); err != nil || read != 1 {
			t.Errorf("%s must be on for the one who writes, got %d, %v", setting, read, err)
		}
	}
}

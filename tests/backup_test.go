package tests

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// The copy that docs/operate.md makes of a database in use has everything that was
// acknowledged before, and the program runs with it.
func TestBackupOfTheRunningProgram(t *testing.T) {
	OnlyFile(t, "a server has backups of its own")
	a := Start(t)
	person := a.Browser()
	a.Finish(person.Verify(a).ID, "verified")
	event := func(i int) string {
		return fmt.Sprintf(`{"id":"evt_%d","object":"event","type":"other","created":%d,"livemode":false,"data":{"object":{"id":"x"}}}`, i, time.Now().Unix())
	}
	for i := range 20 {
		if got := a.Deliver(event(i), PlatformSecret); got.Status != 200 {
			t.Fatalf("an event must be taken, got %d", got.Status)
		}
	}
	var busy sync.WaitGroup
	for i := range 20 {
		busy.Go(func() { a.Deliver(event(100+i), PlatformSecret) })
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	db, err := sql.Open("sqlite3", "file:"+a.Database+"?_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "VACUUM INTO '"+copied+"'"); err != nil {
		t.Fatalf("the copy must be made while the program writes: %v", err)
	}
	busy.Wait()
	if err := a.Stop(); err != nil {
		t.Fatal(err)
	}
	a.Database = copied
	a.Set("DATABASE_URL=" + copied)
	if got := a.Rows("PRAGMA integrity_check"); len(got) != 1 || got[0] != "ok" {
		t.Errorf("the copy must be sound, got %v", got)
	}
	if got := a.Rows("SELECT count(*) FROM events WHERE id IN (SELECT 'evt_' || value FROM json_each('[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19]'))"); got[0] != "20" {
		t.Errorf("the copy must have every event that was acknowledged before, got %s of 20", got[0])
	}
	a.Run()
	if page := person.Get("/members"); page.Status != 200 || !strings.Contains(page.Body, person.User()) {
		t.Errorf("with the copy restored, who was verified must still be, got %d", page.Status)
	}
}

package store_test

import (
	"path/filepath"
	"sync"
	"testing"

	"example.com/identity-starter/store"
)

func TestManyOpenANewFile(t *testing.T) {
	for range 20 {
		path := filepath.Join(t.TempDir(), "new.db")
		var all sync.WaitGroup
		var mu sync.Mutex
		tags := map[string]bool{}
		for range 8 {
			all.Go(func() {
				db, err := store.Open(t.Context(), path, store.Options{MaxAttempts: 3})
				if err != nil {
					t.Error(err)
					return
				}
				tag, err := db.Tag(t.Context())
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				tags[tag] = true
				mu.Unlock()
				db.Close()
			})
		}
		all.Wait()
		if len(tags) != 1 {
			t.Errorf("one tag, got %v", tags)
		}
	}
}

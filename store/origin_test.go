package store_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// tag is what a database's ids begin with.
func tag(t *testing.T, db *store.DB) string {
	t.Helper()
	got, err := db.Tag(t.Context())
	if err != nil || len(got) != 8 {
		t.Fatalf("a database must have a tag of 8 characters, got %q, %v", got, err)
	}
	return got
}

// Whoever makes a database gives it a tag: processes that do so at once agree, another one has another.
func TestTagIsMadeOnce(t *testing.T) {
	seen := map[string]bool{}
	for range 10 {
		path := tests.Database(t)
		tags, all := make([]string, 4), sync.WaitGroup{}
		for i := range tags {
			all.Go(func() { tags[i] = tag(t, openAt(t, path, store.Options{Livemode: i%2 == 0})) })
		}
		all.Wait()
		for _, got := range tags {
			if got != tags[0] {
				t.Errorf("all processes and both modes must have one tag, got %q", tags)
			}
		}
		seen[tags[0]] = true
	}
	if len(seen) != 10 {
		t.Errorf("ten databases must have ten tags, got %v", seen)
	}
}

// A backup goes on under the tag.
func TestTagOfABackup(t *testing.T) {
	tests.OnlyFile(t, "a backup is a file that is opened")
	path := tests.Database(t)
	want, backup := tag(t, openAt(t, path, store.Options{})), path+".copy"
	rawFile(t, path, "VACUUM INTO '"+backup+"'")
	if got := tag(t, openAt(t, backup, store.Options{})); got != want {
		t.Errorf("a backup must keep its tag %q, got %q", want, got)
	}
}

// A reference has the form of ours, or is nobody's.
func TestTagOf(t *testing.T) {
	db := newShared(t).process()
	v := mustBegin(t, db, "ann", "vs_ann")
	for reference, want := range map[string]string{
		v.ID: tag(t, db), strings.Repeat("A", 34): "AAAAAAAA", "": "", "order-42": "", v.ID[8:]: "", v.ID + "A": "", strings.ToLower(v.ID): "",
		v.ID[:33] + "1": "", v.ID[:33] + "-": "", strings.Repeat("é", 17): "",
	} {
		if got, ok := store.TagOf(reference); got != want || ok != (want != "") {
			t.Errorf("the tag of %q must be %q, got %q, %v", reference, want, got, ok)
		}
	}
}

// What people are shown leads to their verification and says nothing about the database; its tag leads nowhere.
func TestReference(t *testing.T) {
	path := tests.Database(t)
	test, live := openAt(t, path, store.Options{MaxAttempts: 3}), openAt(t, path, store.Options{MaxAttempts: 3, Livemode: true})
	ann, bob := mustBegin(t, test, "ann", "vs_ann"), mustBegin(t, test, "bob", "vs_bob")
	if ann.Reference() == bob.Reference() || len(ann.Reference()) != 8 || !strings.HasPrefix(ann.ID, tag(t, test)+ann.Reference()) {
		t.Errorf("references must be what follows the tag, got %q and %q", ann.Reference(), bob.Reference())
	}
	for reference, want := range map[string]string{ann.Reference(): "ann", strings.ToLower(bob.Reference()): "bob", tag(t, test): "", ann.Reference()[:7]: "",
		ann.ID: "", "": "", "' OR 1=1": ""} {
		got := ""
		list, err := test.ByReference(t.Context(), reference)
		for _, v := range list {
			got += v.UserID
		}
		if err != nil || got != want {
			t.Errorf("%q must lead to %q, got %q, %v", reference, want, got, err)
		}
	}
	if list, err := live.ByReference(t.Context(), ann.Reference()); err != nil || len(list) > 0 {
		t.Errorf("a reference must not lead into the other mode, got %v, %v", list, err)
	}
}

// Another tag is taken by an empty database only, whichever mode its verifications have.
func TestTakeTag(t *testing.T) {
	path := tests.Database(t)
	test, live := openAt(t, path, store.Options{MaxAttempts: 3}), openAt(t, path, store.Options{MaxAttempts: 3, Livemode: true})
	if err := test.TakeTag(t.Context(), "TAKENTAG"); err != nil || tag(t, live) != "TAKENTAG" {
		t.Fatalf("an empty database must take a tag, got %q, %v", tag(t, live), err)
	}
	if v := mustBegin(t, live, "ann", "vs_ann"); !strings.HasPrefix(v.ID, "TAKENTAG") {
		t.Errorf("a process that was there before must go on under it, got %q", v.ID)
	}
	if err := test.TakeTag(t.Context(), "OTHERTAG"); !errors.Is(err, store.ErrOtherTag) || tag(t, test) != "TAKENTAG" {
		t.Errorf("ids that have been given out must stay ours, got %q, %v", tag(t, test), err)
	}
	if err := test.TakeTag(t.Context(), "TAKENTAG"); err != nil {
		t.Errorf("its own tag is no other, got %v", err)
	}
}

// A file from before there were tags is left as it is.
func TestFileWithoutATagIsRefused(t *testing.T) {
	path := tests.Database(t)
	openAt(t, path, store.Options{})
	rawFile(t, path, "DROP TABLE origin")
	refused(t, path, store.ErrPrerelease)
	if slices.Contains(tests.Tables(t, path), "origin") {
		t.Error("nothing may be added to such a file")
	}
}

package store_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// keyOf is a TOKEN_KEY made of one byte.
func keyOf(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }

func openWithKey(t *testing.T, path string, key []byte) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), path, store.Options{Consumers: everybody, MaxAttempts: 3, TokenKey: key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func connectWithToken(t *testing.T, db *store.DB, id, user, token string) {
	t.Helper()
	account := store.Account{ID: id, UserID: user, Scope: "read_write", ConnectedAt: time.Now()}
	if err := db.SaveAccount(t.Context(), account, token); err != nil {
		t.Fatal(err)
	}
}

// A refresh token is kept sealed, opens with its key only, and goes with the connection.
func TestRefreshToken(t *testing.T) {
	path := tests.Database(t)
	db := openWithKey(t, path, keyOf(1))
	connectWithToken(t, db, "acct_a", "user", "rt_words_of_a_token")
	if token, err := db.RefreshToken(t.Context(), "acct_a"); err != nil || token != "rt_words_of_a_token" {
		t.Fatalf("the key must open what it sealed, got %q %v", token, err)
	}
	if err := db.CheckTokenKey(t.Context()); err != nil {
		t.Errorf("the right key must pass the check at the start: %v", err)
	}
	wrong := openWithKey(t, path, keyOf(2))
	if err := wrong.CheckTokenKey(t.Context()); !errors.Is(err, store.ErrTokenKey) {
		t.Errorf("a wrong key must be noticed at the start, got %v", err)
	}
	if token, err := wrong.RefreshToken(t.Context(), "acct_a"); !errors.Is(err, store.ErrTokenKey) || token != "" {
		t.Errorf("a wrong key must open nothing, got %q %v", token, err)
	}
	if err := openWithKey(t, path, nil).CheckTokenKey(t.Context()); err != nil {
		t.Errorf("without a key sealed tokens are left alone, got %v", err)
	}
	disconnect(t, db, "user", "acct_a")
	if _, err := db.RefreshToken(t.Context(), "acct_a"); !errors.Is(err, store.ErrNoToken) {
		t.Errorf("a disconnect must remove the token, got %v", err)
	}
}

// A sealed token that is copied to another account's row does not open there.
func TestRefreshTokenIsBound(t *testing.T) {
	path := tests.Database(t)
	db := openWithKey(t, path, keyOf(1))
	connectWithToken(t, db, "acct_a", "user", "rt_words_of_a_token")
	connectWithToken(t, db, "acct_b", "other", "rt_words_of_another")
	if err := db.Exec(t.Context(), `UPDATE accounts SET sealed_token = (SELECT sealed_token FROM accounts WHERE id = 'acct_a')
		WHERE id = 'acct_b'`); err != nil {
		t.Fatal(err)
	}
	if token, err := db.RefreshToken(t.Context(), "acct_b"); !errors.Is(err, store.ErrTokenKey) || token != "" {
		t.Errorf("another account's token must not open, got %q %v", token, err)
	}
}

// Without a key no token reaches the file.
func TestNoTokenWithoutKey(t *testing.T) {
	tests.OnlyFile(t, "it looks into the bytes of the file")
	path := tests.Database(t)
	for _, key := range [][]byte{nil, keyOf(1)} {
		db := openWithKey(t, path, key)
		connectWithToken(t, db, "acct_a", "user", "rt_words_of_a_token")
		if _, err := db.RefreshToken(t.Context(), "acct_a"); key == nil && !errors.Is(err, store.ErrNoToken) {
			t.Errorf("without TOKEN_KEY no token may be kept, got %v", err)
		}
		for _, file := range []string{path, path + "-wal"} {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(text, []byte("rt_words")) {
				t.Errorf("%s must not hold a token in the clear", filepath.Base(file))
			}
		}
	}
}

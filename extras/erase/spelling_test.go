package erase_test

import (
	"strings"
	"testing"

	"example.com/identity-starter/tests"
)

// Somebody is redacted under the name that the sign-in has, an address in any case, and
// under the id that the database has in its place, also that of somebody forgotten.
func TestRedactInAnySpelling(t *testing.T) {
	a := start(t, "AUTH_USER_HEADER=X-Auth-User")
	const address = "Anna.Muster@Example.test"
	if got := a.Browser().As(address, "X-Auth-User", address).Post(tests.CreatePath, nil); got.Status != 303 {
		t.Fatalf("an address must do, got %d", got.Status)
	}
	stored := a.Rows("SELECT user_id FROM users")[0]
	for _, name := range []string{address, strings.ToLower(address), stored} {
		if out, err := redact(a, name); err != nil {
			t.Errorf("%s names the user, got %v\n%s", name, err, out)
		}
	}
	if out, err := redact(a, "-forget", strings.ToUpper(address)); err != nil {
		t.Fatalf("redact -forget: %v\n%s", err, out)
	}
	forgotten := a.Rows("SELECT user_id FROM users")[0]
	if !strings.HasPrefix(forgotten, "forgotten_") {
		t.Fatalf("the user must be forgotten, got %q", forgotten)
	}
	if out, err := redact(a, forgotten); err != nil {
		t.Errorf("what is left of somebody is found by the id in the table, got %v\n%s", err, out)
	}
	for _, name := range []string{address, stored, "nobody@example.test", "mail_nobody", strings.ToUpper(forgotten)} {
		if out, err := redact(a, name); err == nil {
			t.Errorf("%s names nobody any more, got\n%s", name, out)
		}
	}
}

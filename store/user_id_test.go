package store_test

import (
	"strings"
	"testing"

	"example.com/identity-starter/store"
)

// annasID is that of anna@example.com. Teams look people up by it: it never changes.
const annasID = "mail_f7d54c22dda5b1780276601cd005909b"

func TestUserID(t *testing.T) {
	const braced = "{00112233-4455-6677-8899-AABBccddeeff}"
	refused := func(names ...string) map[string]string {
		all := map[string]string{}
		for _, name := range names {
			all[name] = ""
		}
		return all
	}
	same := func(names ...string) map[string]string {
		all := map[string]string{}
		for _, name := range names {
			all[name] = name
		}
		return all
	}
	for rule, names := range map[string]map[string]string{
		"an opaque id is taken as it is":     same("1", `customer 42 ("x"; <y>)`, strings.Repeat("u", 200), "Anna", "anna", braced),
		"an address is the same in any case": {"anna@example.com": annasID, "Anna@Example.COM": annasID, "ANNA@EXAMPLE.COM": annasID},
		"an id is 1 to 200 printable ASCII characters": refused("", " ", " a", "a ", "a\tb", "a\x00", "a\x7f", "\xff", "zo\u00e9", "zo\u00e9@example.com",
			strings.Repeat("u", 201), strings.Repeat("u", 189)+"@example.com"),
		"an id of ours is nobody's name":           refused(annasID, "mail_", "mail_x", "anon_", "anon_1", "forgotten_", "forgotten_A"),
		"what is no id of ours is taken as it is":  same("Mail_x", "ANON_1", "Forgotten_1", "mail", "anon", "forgotten", "x_mail_"),
		"an address may begin like an id of ours":  {"mail_order@example.com": store.UserID("Mail_Order@example.com"), "anon_@example.com": store.UserID("ANON_@example.com")},
		"a placeholder is nobody":                  refused("(null)", "(NULL)", "null", "Nil", "NONE", "undefined", "-", "$", "${u}", "$u@example.com", "%{u}", "{}", "{u}", "{{ u }}", "{u@example.com}", "{00112233445566778899aabbccddeeff}", "{"+braced+"}"),
		"what is no placeholder is taken as it is": same("nullable", "(none)", "--", "a$", "%", "%s", "{", "}", "{a}b", "a{b}"),
	} {
		for named, want := range names {
			if got := store.UserID(named); got != want {
				t.Errorf("%s: %q must become %q, got %q", rule, named, want, got)
			}
		}
	}
	if id := store.UserID("mail_order@example.com"); !strings.HasPrefix(id, "mail_") || len(id) != len(annasID) {
		t.Errorf("every address must be replaced by its hash, got %q", id)
	}
}

// Whatever somebody calls himself: nobody becomes somebody whom the program has named, and no address is kept.
func FuzzUserID(f *testing.F) {
	for _, seed := range []string{"", "42", "Anna@example.com", annasID, "anon_1", "forgotten_A", "(null)", "-", "$u", "%{u}", "{u}", "\x00", "zo\u00e9", " a", strings.Repeat("u", 201)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, named string) {
		id, isAddress := store.UserID(named), strings.Contains(named, "@")
		isOurs := strings.HasPrefix(id, "anon_") || strings.HasPrefix(id, "mail_") || strings.HasPrefix(id, "forgotten_")
		switch {
		case id == "":
		case isOurs != isAddress:
			t.Errorf("an id of ours is for an address and nothing else, %q became %q", named, id)
		case isAddress && (strings.Contains(id, "@") || id != store.UserID(strings.ToLower(named)) || id != store.UserID(strings.ToUpper(named))):
			t.Errorf("an address is one hash in any case, %q became %q", named, id)
		case !isAddress && (id != named || id != store.UserID(id)):
			t.Errorf("any other id is taken as it is, again and again, %q became %q", named, id)
		}
		if again := store.UserID(named); again != id {
			t.Errorf("%q must be the same each time, got %q and %q", named, id, again)
		}
		if isAddress && id != "" && store.UserID(id) != "" {
			t.Errorf("the id of an address is nobody's name, got %q", id)
		}
	})
}

// Somebody is looked up as others name him, and as outcomes tell him; nobody else.
func TestKnownID(t *testing.T) {
	for named, want := range map[string]string{"42": "42", "Anna@example.com": annasID, annasID: annasID, "anon_x": "anon_x", "forgotten_A": "forgotten_A",
		"mail_order@example.com": store.UserID("mail_order@example.com"), "": "", "(null)": "", "anon_\x00": "", "anon_zo\u00e9": "",
		"anon_" + strings.Repeat("u", 200): "", "anon_" + strings.Repeat("u", 195): "anon_" + strings.Repeat("u", 195)} {
		if got := store.KnownID(named); got != want {
			t.Errorf("%q must be looked up as %q, got %q", named, want, got)
		}
	}
}

// A browser's id does not tell its cookie.
func TestAnonymousID(t *testing.T) {
	if id := store.AnonymousID("cookie"); !strings.HasPrefix(id, store.Anonymous) || strings.Contains(id, "cookie") || id == store.AnonymousID("other") || store.UserID(id) != "" {
		t.Errorf("the user of a browser must have an id of its own, under which nobody signs in, got %q", id)
	}
}

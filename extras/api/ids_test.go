package api_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"example.com/identity-starter/store"
)

// encodeAll is what some libraries do: every byte as %XX.
func encodeAll(id string) string {
	var out strings.Builder
	for _, b := range []byte(id) {
		const digits = "0123456789abcdef"
		out.WriteString("%" + string(digits[b>>4]) + string(digits[b&15]))
	}
	return out.String()
}

// An id is the same user's however a library encodes it in a path, and is decoded once.
func TestAnyIDInAnyEncoding(t *testing.T) {
	a, app := start(t, nil)
	ids := []string{"42", "a/b", "a%2Fb", "a%252Fb", "100%", "%41", "a b", "a+b", "a?b#c", "a&b=c;d,e:f", "../x", "a//b", "%", "%zz", "~!*'()", `cn=ada,ou="x"\y`,
		"/", "a/accounts", "x/verification-session", strings.Repeat("/", 200), "{00112233-4455-6677-8899-aabbccddeeff}", "MAIL_7"}
	for _, id := range ids {
		for name, encode := range map[string]func(string) string{"the usual way": url.PathEscape, "every byte": encodeAll,
			"as in queries": func(id string) string { return strings.ReplaceAll(url.QueryEscape(id), "+", "%20") }} {
			request := app.Request("POST", "/api/users/"+encode(id)+"/verification-session", nil)
			if got := app.Send(request); got.Status != 200 {
				t.Errorf("%q encoded %s must be somebody, got %d %s", id, name, got.Status, got.Body)
			}
		}
		if got := app.stands(id); !strings.Contains(got, `"status":"requires_input"`) {
			t.Errorf("%q must be found again, got %s", id, got)
		}
	}
	slices.Sort(ids)
	if got := a.Rows("SELECT user_id FROM people ORDER BY user_id"); !slices.Equal(got, ids) {
		t.Errorf("each id is one user, and as it was meant: want %q, got %q", ids, got)
	}
}

// An address is the same user's in any case, and known as the hash that webhooks tell; no address is kept.
func TestAddresses(t *testing.T) {
	a, app := start(t, nil)
	session := app.mustBegin(a, "Ada@Example.test")
	if again := app.mustBegin(a, "ada@example.TEST"); again != session {
		t.Errorf("an address is one user in any case, got %s and %s", session, again)
	}
	hash := store.UserID("ada@example.test")
	a.Finish(session, "verified")
	want := app.stands("ADA@EXAMPLE.TEST")
	if !strings.HasPrefix(want, `{"user_id":"`+hash+`","verified":true,`) || app.stands(hash) != want {
		t.Errorf("who is asked for by an address or by its hash is the same, got %s and %s", want, app.stands(hash))
	}
	if a.Remembers("xample.") || a.Remembers("XAMPLE.") {
		t.Error("no address may be kept")
	}
	app.begin(hash, "").Refused(t, "bad_request", 400)
}

// Who is known here by an id of ours can be asked about, as a webhook has told it; nobody is made of one.
func TestIDsOfOurs(t *testing.T) {
	a, app := start(t, nil)
	person := a.Browser()
	a.Finish(person.Verify(a).ID, "verified")
	if got := app.stands(person.User()); !strings.HasPrefix(got, `{"user_id":"`+person.User()+`","verified":true,`) {
		t.Errorf("a browser's user must be told by its id, got %s", got)
	}
	for _, id := range []string{"anon_x", "mail_x", "forgotten_x", person.User()} {
		app.begin(id, "").Refused(t, "bad_request", 400)
		if got := app.stands(id); !strings.HasPrefix(got, `{"user_id":"`+id+`",`) {
			t.Errorf("%s may be asked about, got %s", id, got)
		}
		if got := app.Get(pathOf(id) + "/accounts"); got.Status != 200 {
			t.Errorf("%s may be asked about, got %d", id, got.Status)
		}
	}
	for _, id := range []string{"(null)", "null", "undefined", "-", "$user", "{user}", " x", "x ", "anon_\u00e9", "zo\u00e9", "a\nb", "\x00", strings.Repeat("u", 201), "anon_" + strings.Repeat("u", 200)} {
		for _, got := range []string{app.begin(id, "").Code(), app.Get(pathOf(id)).Code(), app.Get(pathOf(id) + "/accounts").Code()} {
			if got != "bad_request" {
				t.Errorf("%q is nobody, so it must be bad_request, got %q", id, got)
			}
		}
	}
	for _, path := range []string{"/api/users/", "/api/users//accounts"} {
		if got := app.Get(path); got.Status != 400 && got.Status != 404 {
			t.Errorf("%s names nobody, got %d %s", path, got.Status, got.Body)
		}
	}
	if got := a.Rows("SELECT user_id FROM people"); len(got) != 1 {
		t.Errorf("nobody is made by asking, or by an id of ours, got %q", got)
	}
}

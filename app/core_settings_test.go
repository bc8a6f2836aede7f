package app

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// wrong are settings that are malformed, or missing where they are needed. Every
// value holds the word marker, so that a message that quotes it is found.
var wrong = []struct {
	name    string // the variable that the message must name
	values  []string
	besides []string
}{
	{"STRIPE_SECRET_KEY", []string{"", " ", "marker", "pk_test_marker", "sk_test_", "sk_test_mar ker", "whsec_marker", "sk_marker", "xsk_test_marker",
		"sk_test_marker,sk_test_marker", "rkcs_live_marker", "\"sk_test_marker\"", "sk_test_marker # marker", "sk_org_test_marker", "\u201csk_test_marker\u201d"}, nil},
	{"STRIPE_WEBHOOK_SECRET", []string{"", " ", ",", " , ", "marker", "sk_test_marker", "whsec_", "whsec_marker,marker", "whsec_a whsec_marker", "we_marker", "whsec_marker\u2026", "marker,marker"}, nil},
	{"STRIPE_CLIENT_ID", []string{"marker", "pk_test_marker", "ca_", "ca_mar ker"}, nil},
	{"BASE_URL", []string{"marker", "ftp://marker", "http://marker/path", "http://marker/?", "http://marker?a=1", "http://marker#a", "https://",
		"http://marker:secret@localhost", "//marker", "http://localhost:marker", "http://localhost:70000", "http://[::marker"}, nil},
	{"ADDR", []string{"marker", "localhost", "localhost:marker", "localhost:70000", "localhost:-1", "marker:1:2", "[::1"}, nil},
	{"PORT", []string{"marker", "70000", "-1", "80:80"}, []string{"ADDR="}},
	{"DATABASE_URL", []string{":memory:", "file:", "file::memory:", "file:marker.db?mode=memory", "file:%zz", "file:marker#a",
		"mysql://marker:marker@localhost/marker", "postgres://marker:%zz@localhost/marker", "postgresql://localhost:marker/marker", "sqlite:marker.db", "marker:marker@tcp(localhost)/marker",
		"marker\ndb", "file:marker%0adb"}, nil},
	{"STRIPE_VERIFICATION_FLOW", []string{"marker", "vf_"}, nil},
	{"REQUIRE_MATCHING_SELFIE", []string{"marker", "yes", "2"}, nil},
	{"REQUIRE_LIVE_CAPTURE", []string{"marker", "yes", "2"}, nil},
	{"STRIPE_JS", []string{"marker", "on"}, nil},
	{"ALLOW_ANONYMOUS_USERS", []string{"marker", "yes"}, nil},
	{"MAX_VERIFICATION_ATTEMPTS", []string{"marker", "0", "101", "-1", "3.5", "3 marker"}, nil},
	{"MAX_CHECKS_PER_DAY", []string{"marker", "-1", "1e3", "99999999999999999999"}, nil},
	{"RATE_LIMIT_PER_MINUTE", []string{"marker", "-1", "1.5"}, nil},
	{"STRIPE_REQUESTS_PER_SECOND", []string{"marker", "-1", "1.5"}, nil},
	{"AUTH_USER_HEADER", []string{"X Marker marker", "X-marker:", "X-m\u00e4rker"}, nil},
	{"TRUSTED_PROXIES", []string{"marker", "10.0.0.0/33", "10.0.0.1", "10.0.0.0/8,marker", "10.0.0.0/marker"}, nil},
	{"TRUSTED_PROXIES", []string{"", " ", ","}, []string{"AUTH_USER_HEADER=X-Auth-User", "ADDR=:0"}},
	{"TRUSTED_PROXIES", []string{""}, []string{"AUTH_USER_HEADER=X-Auth-User", "ADDR=0.0.0.0:0"}},
	{"SIGN_IN_URL", []string{"marker", "http://marker.example.test", "javascript:marker", "https://", "https://u:marker@example.test", "//marker.example.test", "///marker", `/\marker`, "mailto:marker@example.test"}, nil},
	{"CONTINUE_URL", []string{"marker/", "http://marker.example.test", "data:marker", "//marker.example.test/"}, nil},
	{"SUPPORT_URL", []string{"marker", "http://marker.example.test", "javascript:marker", "https://", "mailto:", "//marker"}, nil},
	{"TOKEN_KEY", []string{"marker", "bWFya2Vy", "not base64 marker"}, nil},
	{"LOG_LEVEL", []string{"marker", "verbose", "1"}, nil},
	{"STRIPE_API_BASE", elsewhere, nil},
	{"STRIPE_CONNECT_BASE", elsewhere, nil},
}

// elsewhere are bases that would send the key to another machine, or look as if they did not.
var elsewhere = []string{"https://marker.example.test", "http://localhost.example", "http://127.0.0.1.example", "http://127.0.0.1.marker.example:80",
	"http://localhost@marker.example", "http://127.0.0.1:80@marker.example", "http://marker@127.0.0.1", "http://marker:secret@localhost:1",
	"http://localhost:1/path", "http://localhost:1?a=marker", "localhost:1", "127.0.0.1:1", "http://0.0.0.0:1", "http://[::]:1", "http://10.0.0.1",
	"http://2130706433", "http://0x7f000001", "http://127.1", "http://localhost%2emarker", "http://xlocalhost", "http://.localhost",
	"http://localhost\\@marker.example", "ftp://localhost", "file:///marker", "http:///marker", "marker"}

func TestWrongSettings(t *testing.T) {
	for _, w := range wrong {
		for _, value := range w.values {
			t.Run(w.name+"="+value, func(t *testing.T) {
				_, err := load(settingsOf(append(w.besides, w.name+"="+value)...), nobody)
				if err == nil {
					t.Fatalf("%s=%q must be refused", w.name, value)
				}
				message := err.Error()
				if strings.Contains(message, "\n") || !strings.HasPrefix(message, w.name+": ") || len(strings.Fields(message)) < 5 {
					t.Errorf("one wrong setting must be one line that starts with %s and says what to do, got %q", w.name, message)
				}
				if strings.Contains(strings.ToLower(message), "marker") || strings.Contains(message, "secret@") {
					t.Errorf("no value may be printed, got %q", message)
				}
			})
		}
	}
}

// A refusal names what is there, where that can be seen without showing it, and what must be.
func TestRefusalsNameTheCause(t *testing.T) {
	for _, c := range []struct{ setting, cause, remedy string }{
		{"STRIPE_SECRET_KEY=pk_test_marker", "a publishable key", "sk_test_"},
		{"STRIPE_SECRET_KEY=sk_org_test_marker", "a key of an organization", "of one account"},
		{"STRIPE_SECRET_KEY=whsec_marker", "a webhook's signing secret", "sk_test_"},
		{"STRIPE_SECRET_KEY=ca_marker", "a client id of Connect", "sk_test_"},
		{"STRIPE_SECRET_KEY=acct_marker", "the id of an account", "sk_test_"},
		{"STRIPE_SECRET_KEY=sk_test_mar ker", "a space, a quote or another sign", "copy it again"},
		{"STRIPE_SECRET_KEY=sk_test_mar\nker", "a space, a quote or another sign", "copy it again"},
		{"STRIPE_SECRET_KEY=sk_test_\u2026marker", "not whole", "copy it again"},
		{"STRIPE_SECRET_KEY=\"sk_test_marker\"", "has quotes", "remove them"},
		{"STRIPE_SECRET_KEY=sk_test_marker # ours", "a # in its value", "a line of its own"},
		{"STRIPE_WEBHOOK_SECRET=sk_test_marker", "a secret key", "whsec_"},
		{"STRIPE_WEBHOOK_SECRET=we_marker", "the id of a webhook endpoint", "whsec_"},
		{"STRIPE_WEBHOOK_SECRET='whsec_marker'", "has quotes", "remove them"},
		{"STRIPE_CLIENT_ID=acct_marker", "the id of an account", "ca_"},
		{"STRIPE_VERIFICATION_FLOW=vs_marker", "must be", "vf_"},
		{"DATABASE_URL=mysql://marker@localhost/marker", "the scheme mysql", "file:PATH"},
		{"DATABASE_URL=SQLite3:marker.db", "the scheme sqlite3", "file:PATH"},
		{"DATABASE_URL=cockroach://marker@localhost/mar", "the scheme cockroach", "postgres://"},
		{"DATABASE_URL=name:marker@tcp(localhost:3306)/db", "another scheme", "file:PATH"},
		{"DATABASE_URL=host=localhost user=marker password=marker", "the address of a server", "postgres://user"},
		{"DATABASE_URL=postgres//marker:marker@localhost/marker", "the address of a server", "postgres://user"},
		{"DATABASE_URL=//marker:marker@localhost/marker", "the address of a server", "postgres://user"},
		{"PORT=marker", "PORT: ", "like 8080"},
		{"RATE_LIMIT_PER_MINUTE='9'", "has quotes", "remove them"},
	} {
		_, err := load(settingsOf("ADDR=", c.setting), nobody)
		if err == nil || !strings.Contains(err.Error(), c.cause) || !strings.Contains(err.Error(), c.remedy) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q must be refused in one line with the cause, %q, and the remedy, %q, got %v", c.setting, c.cause, c.remedy, err)
		}
		if err != nil && (strings.Contains(err.Error(), "mar") || strings.Contains(err.Error(), "name:")) {
			t.Errorf("no value may be shown, got %v", err)
		}
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	var pairs, names []string
	for _, w := range wrong {
		if w.besides == nil && !slices.Contains(names, w.name) {
			pairs, names = append(pairs, w.name+"=marker"), append(names, w.name)
		}
	}
	pairs[slices.Index(names, "AUTH_USER_HEADER")] = "AUTH_USER_HEADER=mark er"
	pairs[slices.Index(names, "DATABASE_URL")] = "DATABASE_URL=:memory:"
	_, err := load(settingsOf(pairs...), nobody)
	if err == nil {
		t.Fatal("wrong settings must be refused")
	}
	lines := strings.Split(err.Error(), "\n")
	for _, name := range names {
		if n := len(slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return !strings.HasPrefix(l, name+": ") })); n != 1 {
			t.Errorf("%s must have one line of its own, got %d in\n%v", name, n, err)
		}
	}
	if len(lines) != len(names) {
		t.Errorf("%d problems must be %d lines, got\n%v", len(names), len(names), err)
	}
}

// A live key makes everything that could hurt people required at once.
func TestLiveSettings(t *testing.T) {
	good := []string{"BASE_URL=https://verify.example.test", "DATABASE_URL=" + filepath.Join(os.TempDir(), "starter.db"), "AUTH_USER_HEADER=X-Auth-User",
		"SUPPORT_URL=mailto:help@example.test"}
	for _, key := range []string{"sk_live_simulator", "rk_live_simulator"} {
		live := append([]string{"STRIPE_SECRET_KEY=" + key}, good...)
		if c, err := load(settingsOf(live...), nobody); err != nil || !c.web.Live {
			t.Errorf("these must do with %s: %v", key, err)
		}
		anonymous := append(slices.Clone(live), "AUTH_USER_HEADER=", "ALLOW_ANONYMOUS_USERS=true")
		if _, err := load(settingsOf(anonymous...), nobody); err != nil {
			t.Errorf("anonymous users must be possible for those who ask for them: %v", err)
		}
		for name, change := range map[string]string{
			"BASE_URL": "BASE_URL=http://verify.example.test", "DATABASE_URL": "DATABASE_URL=file:marker.db", "SUPPORT_URL": "SUPPORT_URL=",
			"AUTH_USER_HEADER": "AUTH_USER_HEADER=", "STRIPE_API_BASE": "STRIPE_API_BASE=http://localhost:1",
			"STRIPE_CONNECT_BASE": "STRIPE_CONNECT_BASE=marker"} {
			_, err := load(settingsOf(append(slices.Clone(live), change)...), nobody)
			if err == nil || !strings.HasPrefix(err.Error(), name+": ") || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "marker") {
				t.Errorf("with %s, %s must be refused in one line, got %v", key, change, err)
			}
		}
		for _, value := range []string{"marker", "false", "0"} {
			_, err := load(settingsOf(append(slices.Clone(anonymous), "ALLOW_ANONYMOUS_USERS="+value)...), nobody)
			if err == nil || !strings.Contains(err.Error(), "ALLOW_ANONYMOUS_USERS") || strings.Contains(err.Error(), "marker") {
				t.Errorf("ALLOW_ANONYMOUS_USERS=%s must not let anonymous users in, got %v", value, err)
			}
		}
	}
	for _, name := range []string{"BASE_URL", "DATABASE_URL", "SUPPORT_URL", "AUTH_USER_HEADER"} {
		_, err := load(settingsOf("STRIPE_SECRET_KEY=sk_live_simulator"), nobody)
		if err == nil || !strings.Contains(err.Error(), name+": ") {
			t.Errorf("a live key alone must be told of %s, got %v", name, err)
		}
	}
}

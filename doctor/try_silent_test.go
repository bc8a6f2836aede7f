package doctor_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/identity-starter/stripesim"
)

// tried is the line about what was tried; "" without one.
func tried(out, name string) string {
	for line := range strings.Lines(out) {
		if _, rest, _ := strings.Cut(line, "  "); strings.HasPrefix(rest, "try "+name+": ") {
			return line
		}
	}
	return ""
}

// calls are the questions of the lines, in their order, each by the fault that fits it alone.
var calls = []struct {
	line     string
	question stripesim.Fault
	leaves   []string // lines that would prove nothing without its answer
}{
	{"create", stripesim.Fault{Method: "POST", Ends: "/verification_sessions"}, allTried[2:16]},
	{"find", stripesim.Fault{Method: "GET", Ends: "/verification_sessions", Skip: 1}, nil},
	{"list", stripesim.Fault{Method: "GET", Ends: "/verification_sessions", Skip: 2}, nil},
	{"same key", stripesim.Fault{Method: "POST", Ends: "/verification_sessions", Skip: 1}, nil},
	{"other parameters", stripesim.Fault{Method: "POST", Ends: "/verification_sessions", Skip: 2}, nil},
	{"five at once", stripesim.Fault{Method: "POST", Ends: "/verification_sessions", Skip: 3}, nil},
	{"five at once", stripesim.Fault{Method: "POST", Ends: "/verification_sessions", Skip: 8}, []string{"redact open", "redact again"}},
	{"fresh address", stripesim.Fault{Method: "GET", Path: sessionsPath + "/"}, nil},
	{"cancel", stripesim.Fault{Ends: "/cancel"}, []string{"cancel again", "redact canceled"}},
	{"cancel again", stripesim.Fault{Ends: "/cancel", Skip: 1}, nil},
	{"redact open", stripesim.Fault{Ends: "/redact"}, []string{"redact again"}},
	{"redact again", stripesim.Fault{Ends: "/redact", Skip: 1}, nil},
	{"redact canceled", stripesim.Fault{Ends: "/redact", Skip: 2}, nil},
	{"wrong flow", stripesim.Fault{Method: "POST", Ends: "/verification_sessions", Skip: 9}, nil},
	{"wrong e-mail", stripesim.Fault{Method: "POST", Ends: "/verification_sessions", Skip: 10}, nil},
	{"wrong return address", stripesim.Fault{Method: "POST", Ends: "/verification_sessions", Skip: 11}, nil},
	{"account", stripesim.Fault{Path: "/v1/account", Skip: 1}, nil},
	{"code", stripesim.Fault{Path: "/oauth/token"}, nil},
	{"deauthorize", stripesim.Fault{Path: "/oauth/deauthorize"}, nil},
}

// Without an answer nothing is proven: the line about it warns and says to try again, no consequence is told, and what means
// something only after that answer is not tried.
func TestTryWithoutAnAnswer(t *testing.T) {
	for _, c := range calls {
		t.Run(c.line, func(t *testing.T) {
			p := trying(t, stripesim.Config{})
			c.question.Status = http.StatusTooManyRequests
			p.sim.AddFault(c.question)
			names, failed, out := p.lines()
			want := slices.DeleteFunc(slices.Clone(allTried), func(name string) bool {
				return name == "permissions" || slices.Contains(c.leaves, name)
			})
			if len(failed) > 0 || !slices.Equal(names, want) {
				t.Errorf("nothing may fail, and only what is proven by an answer be tried: want %q, got\n%s", want, out)
			}
			if got := tried(out, c.line); !strings.HasPrefix(got, "WARN") || !strings.Contains(got, "(no answer: run it again") {
				t.Errorf("the line must warn, and say to run it again and nothing else, got %s", got)
			}
			p.nothingIsLeft()
		})
	}
}

// Whether the account may use Identity is known only when Stripe has made a session or says that it may not.
func TestTryWithoutKnowingWhetherIdentityIsActivated(t *testing.T) {
	create := calls[0].question
	for says, c := range map[string]struct {
		status int
		lacks  []string
	}{
		"not known, no answer: run it again":               {status: http.StatusInternalServerError},
		"not known, not tried: the key lacks a permission": {lacks: []string{"POST /v1/identity"}},
		"not known, refused for another reason":            {status: http.StatusBadRequest},
	} {
		p := trying(t, stripesim.Config{SecretKey: "rk_test_simulator", Lacks: c.lacks})
		if create.Status = c.status; c.status != 0 {
			create.Times = -1
			p.sim.AddFault(create)
		}
		out, _ := p.examine()
		if got := tried(out, "activated"); !strings.HasPrefix(got, "WARN") || !strings.Contains(got, says) || strings.Contains(got, "nothing against it") {
			t.Errorf("the line must warn and say %q, got\n%s", says, out)
		}
		if got := tried(out, "create"); strings.HasPrefix(got, "PASS") || !strings.Contains(got, "nothing else about sessions was tried") {
			t.Errorf("the next line must say what follows, got\n%s", out)
		}
		if got := tried(out, "permissions"); strings.HasPrefix(got, "PASS") {
			t.Errorf("that the permissions are enough is not known without a session, got\n%s", out)
		}
	}
}

// twoSessions are told in the order in which they were answered.
var twoSessions = regexp.MustCompile(`vs_other and vs_|vs_\w+ and vs_other`)

// What two of five answers prove is told, whatever became of the others.
func TestTryTwoSessionsAndNoAnswer(t *testing.T) {
	p := trying(t, stripesim.Config{})
	creates := stripesim.Fault{Method: "POST", Ends: "/verification_sessions", Skip: 3}
	creates.Body = `{"id":"vs_other","object":"identity.verification_session","status":"requires_input"}`
	p.sim.AddFault(creates)
	creates.Skip, creates.Body, creates.Status = 7, "", http.StatusTooManyRequests // of those that are left, the last
	p.sim.AddFault(creates)
	if _, failed, out := p.lines(); !slices.Equal(failed, []string{"five at once"}) || !twoSessions.MatchString(tried(out, "five at once")) {
		t.Errorf("two sessions under one key must fail, got\n%s", out)
	}
}

// The pace that the merchant's payments leave to the program does not hold back what is tried with a test key, for which Stripe
// has a limit of its own: else the five would not be asked at once.
func TestTryAtASlowPace(t *testing.T) {
	p := trying(t, stripesim.Config{})
	p.settings.Gateway.RequestsPerSecond = 1
	if _, failed, out := p.lines(); len(failed) > 0 || strings.Contains(out, "WARN  try") {
		t.Errorf("everything must be as with any other pace, got\n%s", out)
	}
}

// A create whose answer never came may be carried out later: then somebody has to look, though the list shows nothing yet.
func TestTryLooksForWhatMayComeLater(t *testing.T) {
	p := trying(t, stripesim.Config{})
	create := calls[0].question
	create.Close, create.Times = true, -1 // it is repeated
	p.sim.AddFault(create)
	_, failed, out := p.lines()
	if got := tried(out, "clean up"); !slices.Equal(failed, []string{"clean up"}) || !strings.Contains(got, "may keep open") || !strings.Contains(got, "dashboard.stripe.com") {
		t.Errorf("what may come to be later must be told, and where to look for it, got\n%s", out)
	}
}

// That a restricted key may do something is known only when Stripe has answered.
func TestPermissionsWithoutAnAnswer(t *testing.T) {
	p := trying(t, stripesim.Config{SecretKey: "rk_test_simulator"})
	p.sim.AddFault(stripesim.Fault{Path: "/v1/events", Status: http.StatusTooManyRequests, Times: -1})
	p.says("WARN  permissions", "no answer", "Events: Read", "run doctor again")
	p.says("WARN  try permissions", "not known")
}

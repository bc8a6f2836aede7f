package doctor_test

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/store"
	"example.com/identity-starter/stripesim"
)

const sessionsPath = "/v1/identity/verification_sessions"

// trying is a patient at whom everything is tried.
func trying(t *testing.T, config stripesim.Config) *patient {
	t.Helper()
	config.ClientID = "ca_simulator"
	p := healthy(t, config, "http://localhost:4242")
	p.settings.Gateway.ReturnURL, p.settings.Gateway.ClientID, p.settings.Try = "http://localhost:4242/verification/return", "ca_simulator", true
	return p
}

// lines are those about what was tried, by their names, and their grades.
func (p *patient) lines() (names, failed []string, out string) {
	p.t.Helper()
	out, _ = p.examine()
	for line := range strings.Lines(out) {
		grade, rest, _ := strings.Cut(line, "  ")
		if name, ok := strings.CutPrefix(rest, "try "); ok {
			name, _, _ = strings.Cut(name, ":")
			names = append(names, name)
			if grade == "FAIL" {
				failed = append(failed, name)
			}
		}
	}
	return names, failed, out
}

// allTried are the lines, in their order.
var allTried = []string{"activated", "create", "find", "list", "same key", "other parameters", "five at once", "fresh address", "cancel", "cancel again",
	"redact open", "redact again", "redact canceled", "wrong flow", "wrong e-mail", "wrong return address", "account", "code", "deauthorize", "permissions", "clean up"}

// nothingIsLeft checks that each session that was made is closed and erased, and that none could be taken for a user's.
func (p *patient) nothingIsLeft() {
	p.t.Helper()
	for _, s := range p.sim.Sessions() {
		if s.Status != "canceled" || s.Redaction == "" {
			p.t.Errorf("what was made must be canceled and redacted, got %+v", s)
		}
	}
	for _, r := range p.sim.Requests() {
		if r.Method != "POST" || r.Path != sessionsPath {
			continue
		}
		reference, user := r.Form.Get("client_reference_id"), r.Form.Get("metadata[user_id]")
		if _, ours := store.TagOf(reference); ours || user == "" || store.UserID(user) != "" {
			p.t.Errorf("nothing that is tried may look like a user's, got %q for %q", reference, user)
		}
	}
}

func TestTryAllIsWell(t *testing.T) {
	for _, key := range []string{"sk_test_simulator", "rk_test_simulator", "rkcs_test_simulator"} {
		p := trying(t, stripesim.Config{SecretKey: key})
		var report strings.Builder
		p.settings.Report = &report
		names, failed, out := p.lines()
		want := slices.Clone(allTried)
		if strings.HasPrefix(key, "sk") {
			want = slices.DeleteFunc(want, func(name string) bool { return name == "permissions" })
		}
		if !slices.Equal(names, want) || len(failed) > 0 || strings.Contains(out, "WARN  try") {
			t.Errorf("everything must be tried once and be as relied on: want %q, got\n%s", want, out)
		}
		p.nothingIsLeft()
		kind, _, _ := strings.Cut(key, "_")
		if got := report.String(); strings.Count(got, "PASS  try ") != len(want) || !strings.Contains(got, "vs_…") || !strings.Contains(got, "req_…") ||
			!strings.HasPrefix(got, "doctor -try with "+kind+"_…, API version "+gateway.APIVersion) {
			t.Errorf("the report must have every line, with the kinds of ids alone, got\n%s", got)
		}
		for _, r := range append(p.sim.Requests(), stripesim.Request{}) {
			for _, s := range p.sim.Sessions() {
				if strings.Contains(report.String(), s.ID) || r.IdempotencyKey != "" && strings.Contains(report.String(), r.IdempotencyKey) {
					t.Fatalf("the report must have no id, got\n%s", report.String())
				}
			}
		}
	}
}

// Where Stripe answers otherwise than relied on, the line that is about it fails, and no other: what comes after it is told of for itself.
func TestTryEachLineFailsAlone(t *testing.T) {
	session := func(more string) string {
		return `{"id":"vs_other","object":"identity.verification_session","status":"requires_input","livemode":false` + more + `}`
	}
	list := func(data string) string {
		return `{"object":"list","data":[` + data + `],"has_more":false,"url":"` + sessionsPath + `"}`
	}
	post := func(skip int, f stripesim.Fault) stripesim.Fault { // the creates, in the order of the lines: 1, 1, 1, 6, and 1 for each refusal
		f.Method, f.Ends, f.Skip = "POST", "/verification_sessions", skip
		return f
	}
	lists := func(skip int, f stripesim.Fault) stripesim.Fault { // the first is another check's
		f.Method, f.Ends, f.Skip = "GET", "/verification_sessions", 1+skip
		return f
	}
	missing := stripesim.Fault{Status: 404, Code: "resource_missing"}
	missingAt := func(path, ends string, skip int) stripesim.Fault {
		f := missing
		f.Path, f.Ends, f.Skip = path, ends, skip
		return f
	}
	seen := map[string]bool{}
	for _, c := range []struct {
		line, says string
		config     stripesim.Config
		fault      stripesim.Fault
	}{
		{"activated", "identity_api_invalid_application", stripesim.Config{IdentityOff: true}, stripesim.Fault{}},
		{"activated", "/identity/application", stripesim.Config{}, post(0, stripesim.Fault{Status: 400, Code: "identity_api_invalid_application"})},
		{"create", "http 400", stripesim.Config{}, post(0, stripesim.Fault{Status: 400})},
		{"create", "nothing else", stripesim.Config{}, post(0, stripesim.Fault{Body: session(``)})},
		{"find", "has none", stripesim.Config{}, lists(0, stripesim.Fault{Body: list(``)})},
		{"list", "no client_secret", stripesim.Config{}, lists(1, stripesim.Fault{Body: list(session(``))})},
		{"same key", "vs_other", stripesim.Config{}, post(1, stripesim.Fault{Body: session(``)})},
		{"other parameters", "vs_other", stripesim.Config{}, post(2, stripesim.Fault{Body: session(``)})},
		{"five at once", "vs_other and vs_", stripesim.Config{}, post(3, stripesim.Fault{Body: session(``)})},
		{"five at once", "http 400", stripesim.Config{}, post(3, stripesim.Fault{Status: 400})},
		{"five at once", "http 400", stripesim.Config{}, post(8, stripesim.Fault{Status: 400})}, // there is no second session then
		{"fresh address", "vs_other is requires_input (", stripesim.Config{}, stripesim.Fault{Path: sessionsPath + "/", Method: "GET", Body: session(``)}},
		{"cancel", "vs_other is requires_input", stripesim.Config{}, stripesim.Fault{Ends: "/cancel", After: true, Body: session(``)}},
		{"cancel again", "does not know", stripesim.Config{}, missingAt("", "/cancel", 1)},
		{"redact open", "vs_other is requires_input", stripesim.Config{}, stripesim.Fault{Ends: "/redact", After: true, Body: session(``)}},
		{"redact again", "not processing", stripesim.Config{RedactionStatus: "validated", RedactAfter: time.Hour}, stripesim.Fault{}},
		{"redact again", "does not know", stripesim.Config{}, missingAt("", "/redact", 1)},
		{"redact canceled", "http 400", stripesim.Config{RefuseRedactingCanceled: true}, stripesim.Fault{}},
		{"wrong flow", "does not know", stripesim.Config{}, post(9, missing)},
		{"wrong e-mail", "http 400", stripesim.Config{}, post(10, stripesim.Fault{Status: 400})},
		{"wrong return address", "vs_other", stripesim.Config{}, post(11, stripesim.Fault{Body: session(``)})},
		{"account", "does not know", stripesim.Config{}, missingAt("/v1/account", "", 1)},
		{"code", "invalid_request", stripesim.Config{}, stripesim.Fault{Path: "/oauth/token", Status: 400, Body: `{"error":"invalid_request","error_description":"a marker"}`}},
		{"deauthorize", "http 401, code invalid_client", stripesim.Config{}, stripesim.Fault{Path: "/oauth/deauthorize", Status: 401, Body: `{"error":"invalid_client","error_description":"a marker"}`}},
		{"permissions", "rak_identity_product_write", stripesim.Config{SecretKey: "rk_test_simulator", Lacks: []string{"POST /v1/identity"}}, stripesim.Fault{}},
		{"clean up", "may keep open", stripesim.Config{}, stripesim.Fault{Path: sessionsPath + "/", Method: "GET", Skip: 5, Status: 400, Times: -1}},
		{"clean up", "may keep open: list sessions", stripesim.Config{}, lists(2, stripesim.Fault{Status: 400})},
	} {
		t.Run(c.line+", "+c.says, func(t *testing.T) {
			seen[c.line] = true
			p := trying(t, c.config)
			if c.fault != (stripesim.Fault{}) {
				p.sim.AddFault(c.fault)
			}
			names, failed, out := p.lines()
			if !slices.Equal(failed, []string{c.line}) || names[len(names)-1] != "clean up" {
				t.Errorf("exactly %q must fail, and what was made be cleared away, got %q in\n%s", c.line, failed, out)
			}
			p.sim.ClearFaults()
			for line := range strings.Lines(out) {
				if strings.HasPrefix(line, "FAIL  try "+c.line+": ") && !strings.Contains(line, c.says) || strings.Contains(line, "marker") {
					t.Errorf("the line must say %q, and nothing in Stripe's words, got %s", c.says, line)
				}
			}
			if c.line != "clean up" && c.line != "redact canceled" {
				p.nothingIsLeft()
			}
		})
	}
	for _, name := range allTried {
		if !seen[name] {
			t.Errorf("nothing makes the line %q fail", name)
		}
	}
}

// Each permission of the documentation that a restricted key lacks is named as Stripe calls it.
func TestTryPermissions(t *testing.T) {
	for lacks, want := range map[string][2]string{
		"GET /v1/identity/verification_reports": {"WARN", "rak_identity_product_read"},
		"GET /v1/identity":                      {"FAIL", "rak_identity_product_read"},
		"POST /v1/identity":                     {"FAIL", "rak_identity_product_write"},
		"GET /v1/events":                        {"WARN", "rak_event_read"},
		"GET /v1/webhook_endpoints":             {"WARN", "rak_webhook_read"},
		"GET /v1/account":                       {"FAIL", "rak_accounts_kyc_basic_read"},
	} {
		p := trying(t, stripesim.Config{SecretKey: "rk_test_simulator", Lacks: []string{lacks}})
		p.says(want[0]+"  try permissions", "misses "+want[1], "docs/going-live.md")
	}
	healthy(t, stripesim.Config{SecretKey: "rk_test_simulator"}, public).says("PASS  permissions", "only -try tries")
}

// With a live key nothing is made, whoever asks for it; without a key that works neither.
func TestTryRefuses(t *testing.T) {
	live, wrong := trying(t, stripesim.Config{SecretKey: "rk_live_simulator"}), trying(t, stripesim.Config{})
	wrong.settings.Gateway.SecretKey = "sk_test_other"
	for _, p := range []*patient{live, wrong} {
		p.says("FAIL  try", "nothing was tried")
		for _, r := range p.sim.Requests() {
			if r.Method != "GET" {
				t.Errorf("nothing may be made, got %s %s", r.Method, r.Path)
			}
		}
	}
	off := trying(t, stripesim.Config{})
	off.settings.Gateway.ClientID = ""
	if names, failed, out := off.lines(); len(failed) > 0 || slices.Contains(names, "code") {
		t.Errorf("without Connect nothing of it may be tried, got\n%s", out)
	}
}

// Somebody stops it while Stripe makes a session, and the answer is lost: it is found and cleared away all the same.
func TestTryIsStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	p := trying(t, stripesim.Config{Log: slog.New(onCreate{slog.DiscardHandler, stop})})
	p.sim.AddFault(stripesim.Fault{Method: http.MethodPost, Ends: "/verification_sessions", After: true, Close: true})
	out, failed := p.examineIn(ctx)
	if failed != 1 || !strings.Contains(out, "FAIL  try: was stopped") || !strings.Contains(out, "PASS  try clean up") {
		t.Errorf("it must say that it was stopped and cleared away, and nothing else, got\n%s", out)
	}
	if len(p.sim.Sessions()) != 1 {
		t.Errorf("there must be one session, got %+v", p.sim.Sessions())
	}
	p.nothingIsLeft()
}

// onCreate stops when Stripe has made a session, and has not said so yet.
type onCreate struct {
	slog.Handler
	stop func()
}

func (o onCreate) Enabled(context.Context, slog.Level) bool { return true }

func (o onCreate) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "method" && a.Value.String() == http.MethodPost {
			o.stop()
		}
		return true
	})
	return nil
}

package doctor

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/identity-starter/gateway"
)

const tryUser = "{doctor}" // stands for nobody, so that no command takes such a session for a user's

// trial makes real things at Stripe, in test mode, and compares what Stripe says with what this program relies on.
type trial struct {
	stripe    *gateway.Client
	opt       gateway.Options // which it was made with
	r         *report
	reference string // of all that it makes; never one of ours
	first     gateway.Session
	second    gateway.Session
	lacks     []string // permissions that were missing, as Stripe calls them
	doubt     string   // why what was asked last proves nothing

	mu   sync.Mutex
	made map[string]bool // sessions
	keys map[string]bool // under which there may be sessions; false: one may come that no list shows yet
}

// step is one thing that this program relies on.
type step struct {
	name, relies string
	follows      string // where it is otherwise
	try          func(ctx context.Context) (said string, ok bool)
}

// tryOut tries what this program relies on, a line each, and clears away what it made. What it prints goes into the report, too.
func tryOut(ctx context.Context, r *report, stripe *gateway.Client, s Settings) {
	if s.Report != nil {
		kind, _, _ := strings.Cut(s.Gateway.SecretKey, "_")
		fmt.Fprintf(s.Report, "doctor -try with %s_…, API version %s, %s\n", kind, gateway.APIVersion, s.Now().UTC().Format(time.DateTime+" MST"))
		r.to = append(r.to, masked{s.Report})
	}
	switch {
	case stripe == nil || len(s.Problems) > 0:
		r.add(line{fail, "try", "nothing was tried", "set right what is wrong above"})
		return
	case s.Live:
		r.add(line{fail, "try", "nothing was tried, because the key is a live one", "it makes real sessions: use a test key"})
		return
	}
	t := &trial{stripe: stripe, opt: s.Gateway, r: r, reference: "doctor-" + strings.ToLower(rand.Text()), made: map[string]bool{}, keys: map[string]bool{}}
	asked := gateway.Awaited(ctx)
	if activated, create := t.beginning(); t.run(asked, activated) != fail && t.run(asked, create) == pass {
		t.run(asked, t.sessions()...)
		t.endings(asked)
		t.run(asked, t.refusals()...)
	}
	if t.opt.ClientID != "" {
		t.run(asked, t.connections()...)
	}
	if ctx.Err() == nil && s.Gateway.Restricted() {
		t.permissions(asked)
	}
	t.tidy(context.WithoutCancel(asked))
	if ctx.Err() != nil {
		r.add(line{fail, "try", "was stopped before its end", "run it again"})
	}
}

// run takes steps until somebody stops it, and returns the grade of the last: a fail where Stripe has answered otherwise than relied
// on, a warning where its answer is not known.
func (t *trial) run(ctx context.Context, steps ...step) grade {
	l := line{grade: fail}
	for _, s := range steps {
		t.doubt = ""
		said, ok := s.try(ctx)
		if ctx.Err() != nil {
			return fail
		}
		l = s.line(pass, said)
		switch {
		case ok:
		case t.doubt != "":
			l.grade, l.fix = warn, t.doubt
		default:
			l.grade, l.fix = fail, s.follows
		}
		t.r.add(l)
	}
	return l.grade
}

func (s step) line(g grade, said string) line {
	return line{g, "try " + s.name, s.relies + "; Stripe: " + said, ""}
}

// told is what Stripe said of a session, or why it refused. It never has an address or a secret.
func (t *trial) told(s gateway.Session, err error) string {
	switch {
	case lacksPermission(err): // which has a line of its own
		t.lack(err, "not tried: the key lacks a permission")
	case silent(err):
		t.doubt = "no answer: run it again"
	}
	switch {
	case err != nil:
		return err.Error()
	case s.ID == "":
		return "has none"
	}
	said := s.ID + " is " + s.Status
	for _, more := range []struct {
		so   bool
		what string
	}{{s.Livemode, "LIVE"}, {s.URL != "", "with an address"}, {s.Redacted, "redacted"}, {s.Erasing && !s.Redacted, "being erased"},
		{s.Redacting && !s.Erasing, "with a redaction that is not processing"}} {
		if more.so {
			said += ", " + more.what
		}
	}
	return said
}

// lack keeps in mind that the key may not do what was asked.
func (t *trial) lack(err error, doubt string) {
	t.lacks, t.doubt = append(t.lacks, cmp.Or(refusal(err).Permission, "one that it does not name")), doubt
}

func lacksPermission(err error) bool {
	return refusal(err).Status == http.StatusForbidden && !errors.Is(err, gateway.ErrRevoked)
}

// silent says whether Stripe has not answered, or has put it off.
func silent(err error) bool {
	return errors.Is(err, gateway.ErrUnavailable) || errors.Is(err, gateway.ErrOutcomeUnknown)
}

// create makes a session under one of the trial's keys, and keeps in mind that it did.
func (t *trial) create(ctx context.Context, stripe *gateway.Client, key, email string) (gateway.Session, error) {
	s, err := stripe.CreateSession(ctx, gateway.NewSession{
		IdempotencyKey: t.reference + "-" + key, Reference: t.reference, UserID: tryUser, Email: email})
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil {
		t.made[s.ID] = true
	}
	if status := refusal(err).Status; status/100 != 4 { // which made nothing
		t.keys[key] = t.keys[key] || err == nil || status != 0
	}
	return s, err
}

// permissions says what a restricted key lacks of what the documentation names, here and in the steps before.
func (t *trial) permissions(ctx context.Context) {
	s := step{name: "permissions", relies: "the permissions that docs/going-live.md names are enough"}
	g := pass
	if len(t.lacks) > 0 {
		g = fail
	}
	t.doubt = ""
	own := permission{grade: warn, try: func() error { _, err := t.stripe.OwnAccount(ctx); return err }}
	for _, p := range append(readable(ctx, t.stripe), own) {
		err := p.try()
		if t.told(gateway.Session{}, err); lacksPermission(err) && (g == pass || p.grade == fail) {
			g = p.grade
		}
	}
	l := s.line(g, "refuses nothing for want of one")
	switch {
	case g != pass:
		slices.Sort(t.lacks)
		l = s.line(g, "misses "+strings.Join(slices.Compact(t.lacks), ", "))
		l.fix = "edit the key at https://dashboard.stripe.com/apikeys; with every permission of the list, the list is wrong"
	case t.doubt != "" || t.first.ID == "":
		l.grade, l.fix = warn, "not known: not all of it was tried"
	}
	t.r.add(l)
}

// masked writes without ids and secrets, of which only the kind is left.
type masked struct{ w io.Writer }

var isID = regexp.MustCompile(`\b((?:sk|rk|rkcs|pk)_(?:test|live)|vs|vr|vf|req|acct|ca|ac|we|ed|evt|whsec)_[A-Za-z0-9_]+`)

func (m masked) Write(p []byte) (int, error) {
	_, err := m.w.Write(isID.ReplaceAll(p, []byte("${1}_…")))
	return len(p), err
}

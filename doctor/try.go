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

const (
	tryUser     = "{doctor}" // stands for nobody, so that no command takes such a session for a user's
	tidyingTime = 20 * time.Second
)

// trial makes real things at Stripe, in test mode, and compares what Stripe says with what this program relies on.
type trial struct {
	stripe    *gateway.Client
	opt       gateway.Options // which it was made with
	r         *report
	reference string // of all that it makes; never one of ours
	first     gateway.Session
	second    gateway.Session
	lacks     []string // permissions that were missing, as Stripe calls them

	mu     sync.Mutex
	made   []string // sessions
	unsure bool     // there may be more of them
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
		r.w = io.MultiWriter(r.w, masked{s.Report})
	}
	switch {
	case stripe == nil || len(s.Problems) > 0:
		r.add(line{fail, "try", "nothing was tried", "set right what is wrong above"})
		return
	case s.Live:
		r.add(line{fail, "try", "nothing was tried, because the key is a live one", "it makes real sessions: use a test key"})
		return
	}
	t := &trial{stripe: stripe, opt: s.Gateway, r: r, reference: "doctor-" + strings.ToLower(rand.Text())}
	asked := gateway.Awaited(ctx)
	if activated, create := t.beginning(); t.run(asked, activated) && t.run(asked, create) {
		t.run(asked, t.sessions()...)
		t.run(asked, t.endings()...)
		t.run(asked, t.refusals()...)
	}
	if t.opt.ClientID != "" {
		t.run(asked, t.connections()...)
	}
	if ctx.Err() == nil && restricted(s.Gateway.SecretKey) {
		t.permissions(asked)
	}
	t.tidy(context.WithoutCancel(asked))
	if ctx.Err() != nil {
		r.add(line{fail, "try", "was stopped before its end", "run it again"})
	}
}

// run takes steps until somebody stops it, and says whether all were as relied on.
func (t *trial) run(ctx context.Context, steps ...step) (all bool) {
	all = true
	for _, s := range steps {
		before := len(t.lacks)
		said, ok := s.try(ctx)
		if ctx.Err() != nil {
			return false
		}
		l := s.line(pass, said)
		switch {
		case ok:
		case len(t.lacks) > before: // which has a line of its own
			l.grade, l.fix = warn, "not tried: the key lacks a permission"
		default:
			l.grade, l.fix = fail, s.follows
		}
		t.r.add(l)
		all = all && ok
	}
	return all
}

func (s step) line(g grade, said string) line {
	return line{g, "try " + s.name, s.relies + "; Stripe: " + said, ""}
}

// told is what Stripe said of a session, or why it refused. It never has an address or a secret.
func (t *trial) told(s gateway.Session, err error) string {
	if lacksPermission(err) {
		t.lacks = append(t.lacks, cmp.Or(refusal(err).Permission, "one that it does not name"))
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

func lacksPermission(err error) bool {
	return refusal(err).Status == http.StatusForbidden && !errors.Is(err, gateway.ErrRevoked)
}

// create makes a session under one of the trial's keys, and keeps in mind that it did.
func (t *trial) create(ctx context.Context, stripe *gateway.Client, key, email string) (gateway.Session, error) {
	s, err := stripe.CreateSession(ctx, gateway.NewSession{
		IdempotencyKey: t.reference + "-" + key, Reference: t.reference, UserID: tryUser, Email: email})
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil {
		t.made = append(t.made, s.ID)
	}
	t.unsure = t.unsure || err == nil || refusal(err).Status/100 != 4 // which made nothing
	return s, err
}

// permissions says what a restricted key lacks of what the documentation names, here and in the steps before.
func (t *trial) permissions(ctx context.Context) {
	s := step{name: "permissions", relies: "the permissions that docs/going-live.md names are enough"}
	g := pass
	if len(t.lacks) > 0 {
		g = fail
	}
	own := permission{grade: warn, try: func() error { _, err := t.stripe.OwnAccount(ctx); return err }}
	for _, p := range append(readable(ctx, t.stripe), own) {
		if err := p.try(); lacksPermission(err) {
			t.told(gateway.Session{}, err)
			if g == pass || p.grade == fail {
				g = p.grade
			}
		}
	}
	l := s.line(g, "refuses nothing for want of one")
	if g != pass {
		slices.Sort(t.lacks)
		l = s.line(g, "misses "+strings.Join(slices.Compact(t.lacks), ", "))
		l.fix = "edit the key at https://dashboard.stripe.com/apikeys; with every permission of the list, the list is wrong"
	}
	t.r.add(l)
}

// tidy cancels and redacts all that was made, also what no answer told of.
func (t *trial) tidy(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, tidyingTime)
	defer cancel()
	var found []gateway.Listed
	var err error
	if t.unsure {
		found, err = t.stripe.ListedUnder(ctx, t.reference)
	}
	for _, l := range found {
		t.made = append(t.made, l.ID)
	}
	slices.Sort(t.made)
	erased, canceled, left := 0, 0, []string(nil)
	for _, id := range slices.Compact(t.made) {
		s, refused := t.stripe.Redact(ctx, id)
		switch {
		case refused == nil && s.Redacting:
			erased++
		case errors.Is(refused, gateway.ErrMissing):
		case t.closed(ctx, id) && errors.Is(refused, gateway.ErrNotRedactable):
			canceled++
		default:
			left = append(left, id)
		}
	}
	l := step{name: "clean up", relies: "what was made can be canceled and redacted"}.line(pass,
		fmt.Sprintf("erases %d, keeps %d canceled", erased, canceled))
	if err != nil || len(left) > 0 {
		l.grade, l.fix = fail, "look for open sessions at https://dashboard.stripe.com/identity/verification-sessions, and redact them there"
		l.what += fmt.Sprintf(", and may keep open: %s", cmp.Or(strings.Join(left, ", "), t.told(gateway.Session{}, err)))
	}
	t.r.add(l)
}

// closed cancels a session that cannot be redacted, and says whether nobody can use it.
func (t *trial) closed(ctx context.Context, id string) bool {
	_, err := t.stripe.CancelSession(ctx, id)
	return err == nil || errors.Is(err, gateway.ErrNotCancelable)
}

// masked writes without ids and secrets, of which only the kind is left.
type masked struct{ w io.Writer }

var isID = regexp.MustCompile(`\b((?:sk|rk|rkcs|pk)_(?:test|live)|vs|vr|vf|req|acct|ca|ac|we|ed|evt|whsec)_[A-Za-z0-9_]+`)

func (m masked) Write(p []byte) (int, error) {
	_, err := m.w.Write(isID.ReplaceAll(p, []byte("${1}_…")))
	return len(p), err
}

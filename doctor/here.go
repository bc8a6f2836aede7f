package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.com/identity-starter/store"
)

func (r *report) checkSettings(s Settings) {
	if s.Dotenv != "" { // else it is among the problems
		r.add(line{pass, ".env", s.Dotenv, ""})
	}
	for _, p := range s.Problems {
		r.add(line{fail, "settings", p.Error(), ""})
	}
	for _, doubt := range s.Doubts {
		r.add(line{warn, "settings", doubt, ""})
	}
	if len(s.Problems)+len(s.Doubts) == 0 {
		r.add(line{pass, "settings", "complete, each in its right form", ""})
	}
}

func (r *report) checkBaseURL(u *url.URL, live bool) {
	if u == nil {
		return
	}
	l := line{pass, "BASE_URL", u.String(), ""}
	switch {
	case isLocal(u) && live:
		l.grade, l.fix = fail, "with a live key it must be the https address under which people reach the app"
	case isLocal(u):
		l.what += ", for this machine only"
	case u.Scheme != "https":
		l.grade, l.fix = warn, "use https: Stripe sends live webhooks to nothing else, and a cookie on http can be stolen"
		if live {
			l.grade = fail
		}
	}
	r.add(l)
}

const (
	spaceLow  = 1 << 30   // the write-ahead log alone can grow to some hundred megabytes
	spaceNone = 100 << 20 // webhooks would soon be answered with 500
)

// checkDatabase also returns what it has found.
func (r *report) checkDatabase(ctx context.Context, s Settings) (found store.Inspection) {
	path := s.Database
	if path == "" {
		return found
	}
	found, err := store.Inspect(ctx, path, s.Live, s.Schemas)
	if !store.IsFile(path) {
		r.checkServer(store.Called(path), found, err)
		r.looksInto(s, found, err)
		r.add(line{pass, "limits", "RATE_LIMIT_PER_MINUTE and STRIPE_REQUESTS_PER_SECOND hold for each program: two on this database let twice as much " +
			"through (docs/several-machines.md, Limits of each program)", ""})
		return found
	}
	if _, missing := os.Stat(path); errors.Is(missing, os.ErrNotExist) && !errors.Is(err, store.ErrOtherLog) {
		r.add(checkFolder(path))
	} else {
		r.add(databaseLine(path, found, err))
		r.looksInto(s, found, err)
	}
	r.checkRights(path)
	if free, known := freeSpace(filepath.Dir(path)); known {
		r.add(spaceLine(free))
	}
	return found
}

// looksInto tells what is in the database, whichever it is.
func (r *report) looksInto(s Settings, found store.Inspection, err error) {
	if err != nil {
		return
	}
	r.add(lastEvent(found, s.Now()))
	r.abandoned(found, s.Consumers)
	if found.Missing > 0 {
		r.add(line{warn, "sessions", fmt.Sprintf("Stripe does not know %d of them, which are closed here", found.Missing),
			"was the database filled with the key of another account or sandbox, or test data deleted? Each kind of key needs a database of its own"})
	}
	for _, f := range found.Findings {
		r.add(line{warn, f.Part, f.What, f.Fix})
	}
	if users := found.Underived; len(users) > 0 {
		r.add(line{fail, "database", fmt.Sprintf("of %d users the row in people does not say what verifications, attempts and decisions say, like %q",
			len(users), users[0]), "did somebody write into the tables? `reconcile -all` derives them anew"})
	}
}

// checkServer tells of a server, without its address.
func (r *report) checkServer(called string, found store.Inspection, err error) {
	l := databaseLine(cmp.Or(found.Server, called), found, err)
	if wrong := (store.Problem{}); errors.As(err, &wrong) {
		l.what, l.fix = wrong.What, wrong.Fix
	}
	r.add(l)
	if found.Unproven {
		r.add(line{warn, "database", "the server need not prove who it is, so that somebody between could read and change everything",
			"add sslmode=verify-full to DATABASE_URL, see docs/several-machines.md"})
	}
}

// checkFolder tries whether a database that does not exist yet could be made.
func checkFolder(path string) line {
	probe, err := os.CreateTemp(filepath.Dir(path), ".doctor-")
	if err != nil {
		return line{fail, "database", path + " cannot be made", "make its folder, and let the program's user write in it"}
	}
	_ = errors.Join(probe.Close(), os.Remove(probe.Name()))
	return line{pass, "database", path + " will be made at the first start", ""}
}

func databaseLine(path string, found store.Inspection, err error) line {
	l := line{fail, "database", path, ""}
	switch {
	case err == nil:
		l.grade, l.what = pass, fmt.Sprintf("%s, writable, schema version %d", path, found.Version)
		if found.Version < found.Newest {
			l.what += fmt.Sprintf(" (the next start brings it to %d)", found.Newest)
		}
	case errors.Is(err, store.ErrNewer):
		l.what, l.fix = fmt.Sprintf("%s has schema version %d of %s, this program knows %d", path, found.Version, found.Part, found.Newest),
			"run the newer program, or restore a backup"
	default:
		l.what, l.fix = path+" cannot be read: "+err.Error(), "restore a backup, see docs/operate.md"
	}
	for _, known := range []error{store.ErrNoCgo, store.ErrPrerelease, store.ErrNotFile, store.ErrNotDatabase, store.ErrForeign,
		store.ErrDamaged, store.ErrOtherLog, store.ErrLocked, store.ErrNotWritable} {
		if errors.Is(err, known) { // what it is, and what to do
			what, fix, _ := strings.Cut(known.Error(), ": ")
			l.what, l.fix = "DATABASE_URL is "+path+", but "+what, fix
		}
	}
	return l
}

// lastEvent says whether webhooks come. What Stripe was asked for is no proof of that.
func lastEvent(found store.Inspection, now time.Time) line {
	l := line{warn, "last event", "no webhook is on record, in the 90 days for which they are kept", "make Stripe send one: see the webhook lines below"}
	if !found.LastEvent.IsZero() {
		l = line{pass, l.name, fmt.Sprintf("received %s (%v ago)", found.LastEvent.Format(time.DateTime+" MST"), now.Sub(found.LastEvent).Round(time.Second)), ""}
	}
	if found.Fetched > 0 {
		l.grade, l.what = warn, fmt.Sprintf("%s; newer events that Stripe had to be asked for: %d", l.what, found.Fetched)
		l.fix = "did the app run then? See the webhook lines below, and the endpoint's deliveries at https://dashboard.stripe.com/webhooks"
	}
	return l
}

// abandoned tells of what nobody does any more, because an extra was taken out or turned off.
func (r *report) abandoned(found store.Inspection, consumers []string) {
	for _, part := range slices.Sorted(slices.Values(found.Absent)) {
		r.add(line{warn, "database", "it has tables of " + part + ", which is not in the program, so that nobody is forgotten in them",
			"put it back into team/extras.go, or drop its tables and its row in the table schemas"})
	}
	for _, kind := range slices.Sorted(maps.Keys(found.Waiting)) {
		if !slices.Contains(consumers, kind) {
			r.add(line{warn, "actions", fmt.Sprintf("%d of kind %q wait for a part that is not in the program, or off", found.Waiting[kind], kind),
				"put it back into team/extras.go or turn it on, or delete these rows of the table actions"})
		}
	}
}

func spaceLine(free uint64) line {
	l := line{pass, "free space", fmt.Sprintf("%.1f GB where the database is", float64(free)/1e9), ""}
	switch {
	case free < spaceNone:
		l.grade, l.fix = fail, "make room: without it no webhook can be recorded"
	case free < spaceLow:
		l.grade, l.fix = warn, "make room before it runs out"
	}
	return l
}

func checkClient(on, tokens bool, redirect string) line {
	if !on {
		return line{pass, "connect", "off, because STRIPE_CLIENT_ID is not set", ""}
	}
	kept := map[bool]string{false: "refresh tokens are not kept", true: "refresh tokens are kept, sealed with TOKEN_KEY"}[tokens]
	return line{pass, "connect", "on, " + kept + "; in the Dashboard, Connect, Onboarding options, OAuth must list the redirect URI " + redirect, ""}
}

func (r *report) checkExtras(ctx context.Context, list []Extra) {
	for _, e := range list {
		l := line{pass, fmt.Sprintf("%s (%s)", e.Name, e.Setting), e.State, e.Warning}
		if e.Warning != "" {
			l.grade = warn
		}
		r.add(l)
		if e.Probe == nil {
			continue
		}
		l = line{grade: pass, name: e.Name}
		if l.what, l.fix = e.Probe(ctx); l.fix != "" {
			l.grade = fail
		}
		r.add(l)
	}
}

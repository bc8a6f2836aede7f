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

func checkSettings(s Settings) []line {
	lines := []line{{pass, ".env", s.Dotenv, ""}}
	if s.Dotenv == "" {
		lines = nil // it is among the problems
	}
	for _, p := range s.Problems {
		lines = append(lines, line{fail, "settings", p.Error(), ""})
	}
	for _, doubt := range s.Doubts {
		lines = append(lines, line{warn, "settings", doubt, ""})
	}
	if len(s.Problems)+len(s.Doubts) == 0 {
		lines = append(lines, line{pass, "settings", "complete, each in its right form", ""})
	}
	return lines
}

func checkBaseURL(u *url.URL, live bool) []line {
	if u == nil {
		return nil
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
	return []line{l}
}

const (
	spaceLow  = 1 << 30   // the write-ahead log alone can grow to some hundred megabytes
	spaceNone = 100 << 20 // webhooks would soon be answered with 500
)

// checkDatabase also returns what it has found.
func checkDatabase(ctx context.Context, s Settings) (lines []line, found store.Inspection) {
	path := s.Database
	if path == "" {
		return nil, found
	}
	found, err := store.Inspect(ctx, path, s.Live, s.Schemas)
	if !store.IsFile(path) {
		return append(serverLines(store.Called(path), found, err), looksInto(s, found, err)...), found
	}
	if _, missing := os.Stat(path); errors.Is(missing, os.ErrNotExist) && !errors.Is(err, store.ErrOtherLog) {
		lines = append(lines, checkFolder(path))
	} else {
		lines = append(append(lines, databaseLine(path, found, err)), looksInto(s, found, err)...)
	}
	lines = append(lines, checkRights(path)...)
	free, known := freeSpace(filepath.Dir(path))
	if known {
		lines = append(lines, spaceLine(free))
	}
	return lines, found
}

// looksInto tells what is in the database, whichever it is.
func looksInto(s Settings, found store.Inspection, err error) []line {
	if err != nil {
		return nil
	}
	lines := append([]line{lastEvent(found, s.Now())}, abandoned(found, s.Consumers)...)
	lines = append(lines, unknown(found.Missing)...)
	for _, f := range found.Findings {
		lines = append(lines, line{warn, f.Part, f.What, f.Fix})
	}
	return append(lines, underived(found.Underived)...)
}

// serverLines tell of a server, without its address.
func serverLines(called string, found store.Inspection, err error) []line {
	l := databaseLine(cmp.Or(found.Server, called), found, err)
	if wrong := (store.Problem{}); errors.As(err, &wrong) {
		l.what, l.fix = wrong.What, wrong.Fix
	}
	if !found.Unproven {
		return []line{l}
	}
	return []line{l, {warn, "database", "the server need not prove who it is, so that somebody between could read and change everything",
		"add sslmode=verify-full to DATABASE_URL, see docs/several-machines.md"}}
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
func abandoned(found store.Inspection, consumers []string) (lines []line) {
	for _, part := range slices.Sorted(slices.Values(found.Absent)) {
		lines = append(lines, line{warn, "database", "it has tables of " + part + ", which is not in the program, so that nobody is forgotten in them",
			"put it back into team/extras.go, or drop its tables and its row in the table schemas"})
	}
	for _, kind := range slices.Sorted(maps.Keys(found.Waiting)) {
		if !slices.Contains(consumers, kind) {
			lines = append(lines, line{warn, "actions", fmt.Sprintf("%d of kind %q wait for a part that is not in the program, or off", found.Waiting[kind], kind),
				"put it back into team/extras.go or turn it on, or delete these rows of the table actions"})
		}
	}
	return lines
}

// unknown tells of sessions that Stripe has not found when it was asked.
func unknown(sessions int) []line {
	if sessions == 0 {
		return nil
	}
	return []line{{warn, "sessions", fmt.Sprintf("Stripe does not know %d of them, which are closed here", sessions),
		"was the database filled with the key of another account or sandbox, or test data deleted? Each kind of key needs a database of its own"}}
}

// underived tells of rows that do not say what they are derived from.
func underived(users []string) []line {
	if len(users) == 0 {
		return nil
	}
	return []line{{fail, "database", fmt.Sprintf("of %d users the row in people does not say what verifications, attempts and decisions say, like %q",
		len(users), users[0]), "did somebody write into the tables? `reconcile -all` derives them anew"}}
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

// checkLimits tells of what several programs on one server let through together.
func checkLimits(database string) []line {
	if database == "" || store.IsFile(database) {
		return nil
	}
	return []line{{pass, "limits", "RATE_LIMIT_PER_MINUTE and STRIPE_REQUESTS_PER_SECOND hold for each program: two on this database let twice as much " +
		"through (docs/several-machines.md, Limits of each program)", ""}}
}

func checkClient(on, tokens bool, redirect string) line {
	if !on {
		return line{pass, "connect", "off, because STRIPE_CLIENT_ID is not set", ""}
	}
	kept := "refresh tokens are not kept"
	if tokens {
		kept = "refresh tokens are kept, sealed with TOKEN_KEY"
	}
	return line{pass, "connect", "on, " + kept + "; in the Dashboard, Connect, Onboarding options, OAuth must list the redirect URI " + redirect, ""}
}

func extraLines(ctx context.Context, list []Extra) []line {
	var lines []line
	for _, e := range list {
		l := line{pass, fmt.Sprintf("%s (%s)", e.Name, e.Setting), e.State, e.Warning}
		if e.Warning != "" {
			l.grade = warn
		}
		lines = append(lines, l)
		if e.Probe == nil {
			continue
		}
		l = line{grade: pass, name: e.Name}
		if l.what, l.fix = e.Probe(ctx); l.fix != "" {
			l.grade = fail
		}
		lines = append(lines, l)
	}
	return lines
}

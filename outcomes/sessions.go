package outcomes

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/store"
)

// choice is which of the sessions that Stripe lists are taken.
type choice struct {
	tag   string // of this database
	known bool   // also those that have a row
	adopt bool   // also those of others
}

// Unknown finds the sessions of ours of which this database knows nothing, because a backup was restored: among those
// that Stripe has made since an hour before the newest of the last whole list.
func (r Reconciler) Unknown(ctx context.Context) (Tally, error) {
	reached, err := r.DB.Reached(ctx, store.ListedSessions)
	if err == nil && reached.IsZero() {
		reached, err = r.DB.MadeAt(ctx)
	}
	if err != nil {
		return Tally{}, err
	}
	return r.sessions(ctx, reached.Add(-listOverlap), choice{})
}

// All rebuilds verifications and attempts from what Stripe lists: sessions of ours, and their reports. With adopt it
// also takes those of others that name a user, under ids of our own.
func (r Reconciler) All(ctx context.Context, adopt bool) (Tally, error) {
	t, err := r.sessions(ctx, time.Time{}, choice{known: true, adopt: adopt})
	if err != nil {
		return t, err
	}
	return t, r.derive(ctx)
}

// sessions looks at each session that was made since then. Only a list of which nothing failed is a whole one.
func (r Reconciler) sessions(ctx context.Context, since time.Time, which choice) (t Tally, err error) {
	if which.tag, err = r.DB.Tag(ctx); err != nil {
		return t, err
	}
	reached := time.Time{}
	for s, err := range r.Stripe.Sessions(ctx, since) {
		if err != nil {
			return t, err
		}
		if s.CreatedAt.After(reached) {
			reached = s.CreatedAt
		}
		news, err := r.listed(ctx, s, which, &t)
		if err := t.add(ctx, r, s.ID, news, err); err != nil {
			return t, err
		}
	}
	if t.Failed+t.LeftOut > 0 || reached.IsZero() {
		return t, nil
	}
	return t, r.DB.SetReached(ctx, store.ListedSessions, reached)
}

// listed rebuilds a session that is ours, by the rules for webhooks, or that is chosen otherwise. Redacted ones are
// left as they are: nothing says any more whose they were.
func (r Reconciler) listed(ctx context.Context, s gateway.Session, which choice, t *Tally) (bool, error) {
	bySession, byReference, err := r.DB.Knows(ctx, s.ID, s.Reference)
	switch {
	case err != nil:
		return false, err
	case bySession && (!which.known || s.UserID == ""), byReference && !bySession: // its create is under way, or Open asks about it
		return false, nil
	case bySession || r.ours(s, which.tag):
	case which.adopt && store.UserID(s.UserID) != "" && s.Livemode == r.Record.live:
		s.Reference, s.UserID = "", store.UserID(s.UserID)
	default:
		t.Others++
		return false, nil
	}
	return r.rebuild(ctx, s)
}

// ours says whether the database with the tag has made a listed session.
func (r Reconciler) ours(s gateway.Session, tag string) bool {
	made, ok := store.TagOf(s.Reference)
	return ok && made == tag && s.UserID != "" && s.Livemode == r.Record.live
}

// TakeTag makes an empty database take up where another one ended: under the one tag that sessions at Stripe have,
// or under the wanted one. A database with verifications has its tag. Errors: store.ErrOtherTag.
func (r Reconciler) TakeTag(ctx context.Context, wanted string) error {
	empty, err := store.Empty(ctx, r.DB)
	if err != nil || !empty && wanted == "" {
		return err
	}
	if !empty {
		return r.DB.TakeTag(ctx, wanted)
	}
	tags, err := r.tags(ctx)
	found := slices.Sorted(maps.Keys(tags))
	switch {
	case err != nil || wanted == "" && len(found) == 0:
		return err
	case wanted == "" && len(found) > 1:
		return fmt.Errorf("sessions of several databases are at Stripe: choose one with -tag: %s", sessionsOf(found, tags))
	case wanted == "":
		wanted = found[0]
	case tags[wanted] == 0:
		return fmt.Errorf("no session at Stripe has this tag: %s", sessionsOf(found, tags))
	}
	return r.DB.TakeTag(ctx, wanted)
}

// tags counts the sessions at Stripe that were made by databases of this program.
func (r Reconciler) tags(ctx context.Context) (map[string]int, error) {
	tags := map[string]int{}
	for s, err := range r.Stripe.Sessions(ctx, time.Time{}) {
		if err != nil {
			return nil, err
		}
		if tag, ok := store.TagOf(s.Reference); ok && r.ours(s, tag) {
			tags[tag]++
		}
	}
	return tags, nil
}

func sessionsOf(found []string, tags map[string]int) string {
	var each []string
	for _, tag := range found {
		each = append(each, fmt.Sprintf("%s has %d sessions", tag, tags[tag]))
	}
	return strings.Join(each, ", ")
}

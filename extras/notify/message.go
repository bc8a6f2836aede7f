package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/store"
)

// message is what is sent: the same on every repeat, but for where the user stands.
type message struct {
	id   string
	body []byte
}

// envelope is what Standard Webhooks recommends for a body.
type envelope struct {
	Type      string `json:"type"`
	Timestamp string `json:"timestamp"` // of what happened: when it was sent stands in a header
	Data      any    `json:"data"`
}

// data is about the user by now, so that a late or repeated message says nothing that is not true any more.
type data struct {
	UserID       string `json:"user_id"`
	ObjectID     string `json:"object_id"`
	Code         string `json:"code"`
	Livemode     bool   `json:"livemode"`
	Verified     bool   `json:"verified"`
	AttemptsLeft int    `json:"attempts_left"`
}

// typeOf is the type of an outcome's message; "": there is none. Receivers rely on these: a new outcome needs a line here.
func typeOf(what string) string {
	switch what {
	case outcomes.Verified, outcomes.Failed, outcomes.Exhausted, outcomes.Revoked, outcomes.InReview, outcomes.Approved,
		outcomes.Rejected, outcomes.OneMore, outcomes.Withdrawn, outcomes.Canceled:
		return "verification." + what
	case outcomes.Connected, outcomes.Disconnected:
		return "account." + what
	}
	return ""
}

// write makes the message of an action.
func write(ctx context.Context, db *store.DB, a store.Action) (message, error) {
	id, err := idOf(ctx, db, a)
	if err != nil {
		return message{}, err
	}
	user, err := db.Stands(ctx, a.UserID)
	if err != nil {
		return message{}, err
	}
	return envelope{typeOf(a.What), moment(a.CreatedAt),
		data{a.UserID, a.ObjectID, a.Code, a.Livemode, user.Verified, user.AttemptsLeft}}.message(id)
}

func (e envelope) message(id string) (message, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return message{}, fmt.Errorf("write webhook: %w", err)
	}
	return message{id, body}, nil
}

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// idOf is an action's webhook-id: that of no other, whichever database with the same receiver it is in. It names nobody.
func idOf(ctx context.Context, db *store.DB, a store.Action) (string, error) {
	tag, err := db.Tag(ctx)
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %v %s", tag, a.Livemode, a.Key))
	return "msg_" + hex.EncodeToString(sum[:16]), err
}

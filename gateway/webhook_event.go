package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v82"
	"github.com/stripe/stripe-go/v82/webhook"
)

// Why a delivery is no event of Stripe's.
var (
	ErrBadSignature = errors.New("no STRIPE_WEBHOOK_SECRET fits the Stripe-Signature header")
	ErrTooOld       = errors.New("the signature is more than five minutes old: replayed, or this machine's clock is wrong")
	ErrNotAnEvent   = errors.New("the signed body is no event of Stripe's")
)

// Event is a snapshot event (docs.stripe.com/api/events/object) or a thin one (docs.stripe.com/api/v2/core/events), read as far
// as the app needs it. A thin one tells which object there is news of, and not what: its Session is empty.
type Event struct {
	ID, Type, Account, APIVersion string
	Thin                          bool
	Livemode                      bool
	CreatedAt                     time.Time
	ObjectID                      string
	Session                       Session // for identity.verification_session.…, and of no meaning for others
	Secret                        int     // which of the secrets fits, from 1; 0 for an event that was listed
}

// The event types that the app acts on; it records the others as ignored. The
// redacted one must be subscribed by name: "all events" leaves it out
// (docs.stripe.com/identity/verification-sessions).
const (
	EventProcessing    = "identity.verification_session.processing"
	EventVerified      = "identity.verification_session.verified"
	EventRequiresInput = "identity.verification_session.requires_input"
	EventCanceled      = "identity.verification_session.canceled"
	EventRedacted      = "identity.verification_session.redacted"
	EventDeauthorized  = "account.application.deauthorized"
)

// SessionEvents are the types to subscribe to, each by name, at an endpoint for one's own account.
var SessionEvents = []string{EventProcessing, EventVerified, EventRequiresInput, EventCanceled, EventRedacted}

// ThinType is the type of a snapshot event's thin twin (docs.stripe.com/webhooks/migrate-snapshot-to-thin-events).
func ThinType(snapshot string) string { return thinPrefix + snapshot }

const (
	thinPrefix = "v1."
	thinObject = "v2.core.event"
)

// OfSession says whether the event is of one of SessionEvents, or of the thin twin of one.
func (e Event) OfSession() bool {
	of := e.Type
	if e.Thin {
		var twin bool
		if of, twin = strings.CutPrefix(e.Type, thinPrefix); !twin {
			return false
		}
	}
	return slices.Contains(SessionEvents, of)
}

// CoreEvents are all types that the program handles by itself.
func CoreEvents() []string { return append([]string{EventDeauthorized}, SessionEvents...) }

// APIVersion is the version of Stripe's API that the library was made for, and
// the best one for an endpoint to render its events in.
const APIVersion = stripe.APIVersion

var versionShape = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$`)

// IsNewer says whether a version of Stripe's API is later than APIVersion. Events in it are read all the same: see ParseEvent.
func IsNewer(version string) bool {
	const date = len("2006-01-02")
	return versionShape.MatchString(version) && version[:date] > APIVersion[:date]
}

// ParseEvent checks the signature against each secret and reads the event. It
// does not look at the API version: the fields read here are the same in every
// version, and stripe-go's own check refuses the events of new Stripe accounts.
// The event keeps nothing of the body. Errors: ErrBadSignature, ErrTooOld, ErrNotAnEvent.
func (c *Client) ParseEvent(body []byte, signature string) (Event, error) {
	secret, err := c.checkSignature(body, signature)
	if err != nil {
		return Event{}, err
	}
	// Almost every delivery is about a session: then one reading of the body is enough.
	if raw, ok := decode[rawSession](body); ok {
		return raw.with(*raw.Data.Object, secret), nil
	}
	if raw, ok := decode[json.RawMessage](body); ok {
		return readEvent(raw, secret)
	}
	return readThin(body, secret)
}

// decode is false for what is no snapshot event, or one of another kind of object.
func decode[O any](body []byte) (raw rawEvent[O], ok bool) {
	err := json.Unmarshal(body, &raw)
	return raw, err == nil && raw.ID != "" && raw.Type != "" && raw.Data.Object != nil
}

// readEvent reads the object as a session, which other kinds of object need not look like.
func readEvent(raw rawEvent[json.RawMessage], secret int) (Event, error) {
	var object rawSession
	if err := json.Unmarshal(*raw.Data.Object, &object); err != nil {
		if strings.HasPrefix(raw.Type, "identity.verification_session.") {
			return Event{}, fmt.Errorf("%w: data.object is not a session", ErrNotAnEvent)
		}
		object = rawSession{ID: object.ID} // recorded, not read
	}
	return raw.with(object, secret), nil
}

// readThin reads the notification of an event. Its context names the account that it is from where that is not the endpoint's
// own, behind the organization in whose name one would ask.
func readThin(body []byte, secret int) (Event, error) {
	var raw rawThin
	if err := json.Unmarshal(body, &raw); err != nil || raw.Object != thinObject || raw.ID == "" || raw.Type == "" || raw.Created.IsZero() {
		return Event{}, ErrNotAnEvent
	}
	e := Event{ID: raw.ID, Type: raw.Type, Thin: true, Account: raw.Context[strings.LastIndex(raw.Context, "/")+1:], Livemode: raw.Livemode,
		CreatedAt: raw.Created.UTC(), ObjectID: raw.Related.ID, Secret: secret}
	if e.OfSession() && e.ObjectID == "" {
		return Event{}, fmt.Errorf("%w: related_object is no session", ErrNotAnEvent)
	}
	return e, nil
}

func (raw rawEvent[O]) with(object rawSession, secret int) Event {
	at := time.Unix(raw.Created, 0).UTC()
	s, _ := session(&stripe.IdentityVerificationSession{ID: object.ID, Status: object.Status, ClientReferenceID: object.ClientReferenceID,
		Metadata: object.Metadata, LastError: object.LastError, LastVerificationReport: object.LastVerificationReport,
		Livemode: object.Livemode, Redaction: object.Redaction, Created: object.Created}, at, nil)
	return Event{ID: raw.ID, Type: raw.Type, Account: raw.Account, APIVersion: raw.APIVersion, Livemode: raw.Livemode,
		CreatedAt: at, ObjectID: object.ID, Session: s, Secret: secret}
}

func (c *Client) checkSignature(body []byte, signature string) (position int, err error) {
	err = ErrBadSignature
	for i, secret := range c.opt.WebhookSecrets {
		if secret == "" {
			continue // an empty secret would accept what anybody signs with nothing
		}
		switch e := webhook.ValidatePayload(body, signature, secret); {
		case e == nil:
			return i + 1, nil
		case errors.Is(e, webhook.ErrTooOld):
			err = ErrTooOld
		}
	}
	return 0, err
}

type rawEvent[O any] struct {
	ID         string `json:"id"`
	Type       string `json:"type"`
	Account    string `json:"account"`
	APIVersion string `json:"api_version"`
	Livemode   bool   `json:"livemode"`
	Created    int64  `json:"created"`
	Data       struct {
		Object *O `json:"object"`
	} `json:"data"`
}

type rawThin struct {
	ID       string    `json:"id"`
	Object   string    `json:"object"`
	Type     string    `json:"type"`
	Context  string    `json:"context"`
	Livemode bool      `json:"livemode"`
	Created  time.Time `json:"created"`
	Related  struct {
		ID string `json:"id"`
	} `json:"related_object"`
}

// rawSession is what of a session is read in events: what else a version of the API
// has in it keeps none from being read.
type rawSession struct {
	ID                     string                                       `json:"id"`
	Status                 stripe.IdentityVerificationSessionStatus     `json:"status"`
	ClientReferenceID      string                                       `json:"client_reference_id"`
	Metadata               map[string]string                            `json:"metadata"`
	LastError              *stripe.IdentityVerificationSessionLastError `json:"last_error"`
	LastVerificationReport *stripe.IdentityVerificationReport           `json:"last_verification_report"` // expanded or not
	Livemode               bool                                         `json:"livemode"`
	Redaction              *stripe.IdentityVerificationSessionRedaction `json:"redaction"`
	Created                int64                                        `json:"created"`
}

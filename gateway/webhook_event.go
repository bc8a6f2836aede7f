package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v82"
	"github.com/stripe/stripe-go/v82/webhook"
)

// Why a delivery is no event of Stripe's.
var (
	ErrBadSignature = errors.New("no STRIPE_WEBHOOK_SECRET fits the Stripe-Signature header")
	ErrTooOld       = errors.New("the signature is more than five minutes old: replayed, or this machine's clock is wrong")
	ErrNotAnEvent   = errors.New("the signed body is not a snapshot event: choose the payload style Snapshot for the endpoint")
)

// Event is a snapshot event (docs.stripe.com/api/events/object), read as far as
// the app needs it. What is not an Identity session has an empty Session.
type Event struct {
	ID, Type, Account, APIVersion string
	Livemode                      bool
	CreatedAt                     time.Time
	ObjectID                      string
	Session                       Session // for identity.verification_session.…
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

// CoreEvents are all types that the program handles by itself.
func CoreEvents() []string { return append([]string{EventDeauthorized}, SessionEvents...) }

// APIVersion is the version of Stripe's API that the library was made for, and
// the best one for an endpoint to render its events in.
const APIVersion = stripe.APIVersion

// ParseEvent checks the signature against each secret and reads the event. It
// does not look at the API version: the fields read here are the same in every
// version, and stripe-go's own check refuses the events of new Stripe accounts.
// Errors: ErrBadSignature, ErrTooOld, ErrNotAnEvent.
func (c *Client) ParseEvent(body []byte, signature string) (Event, error) {
	secret, err := c.checkSignature(body, signature)
	if err != nil {
		return Event{}, err
	}
	// Almost every delivery is about a session: then one reading of the body is enough.
	var one rawEvent[*rawSession]
	if json.Unmarshal(body, &one) == nil && one.ID != "" && one.Type != "" && one.Data.Object != nil {
		e := one.with(*one.Data.Object)
		e.Secret = secret
		return e, nil
	}
	var raw rawEvent[json.RawMessage]
	if err := json.Unmarshal(body, &raw); err != nil || raw.ID == "" || raw.Type == "" || len(raw.Data.Object) == 0 || string(raw.Data.Object) == "null" {
		return Event{}, ErrNotAnEvent
	}
	e, err := readEvent(raw)
	e.Secret = secret
	return e, err
}

// readEvent reads the object as a session, which other kinds of object need not look like.
func readEvent(raw rawEvent[json.RawMessage]) (Event, error) {
	var object rawSession
	if err := json.Unmarshal(raw.Data.Object, &object); err != nil {
		if strings.HasPrefix(raw.Type, "identity.verification_session.") {
			return Event{}, fmt.Errorf("%w: data.object is not a session", ErrNotAnEvent)
		}
		e := raw.with(rawSession{}) // recorded, not read
		e.Session = Session{}
		return e, nil
	}
	return raw.with(object), nil
}

func (raw rawEvent[O]) with(object rawSession) Event {
	e := Event{ID: raw.ID, Type: raw.Type, Account: raw.Account, APIVersion: raw.APIVersion, Livemode: raw.Livemode,
		CreatedAt: time.Unix(raw.Created, 0).UTC(), ObjectID: object.ID}
	e.Session = object.session(e.CreatedAt)
	return e
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
		Object O `json:"object"`
	} `json:"data"`
}

type rawSession struct {
	ID        string `json:"id"`
	Status    string `json:"status"`
	Reference string `json:"client_reference_id"`
	Metadata  struct {
		UserID string `json:"user_id"`
	} `json:"metadata"`
	LastError *struct {
		Code   string `json:"code"`
		Reason string `json:"reason"`
	} `json:"last_error"`
	Report    reportID `json:"last_verification_report"`
	Livemode  bool     `json:"livemode"`
	Redaction *struct {
		Status string `json:"status"`
	} `json:"redaction"`
}

// reportID is a report's id, whether the report is expanded or not.
type reportID string

func (r *reportID) UnmarshalJSON(b []byte) error {
	var expanded struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(b, (*string)(r)) == nil {
		return nil
	}
	err := json.Unmarshal(b, &expanded)
	*r = reportID(expanded.ID)
	return err
}

func (o rawSession) session(at time.Time) Session {
	s := Session{ID: o.ID, Status: o.Status, Reference: o.Reference, UserID: o.Metadata.UserID,
		ReportID: string(o.Report), Livemode: o.Livemode, At: at,
		Redacted: o.Redaction != nil && o.Redaction.Status == "redacted"}
	if o.LastError != nil {
		s.Failed, s.ErrorCode, s.Reason = true, o.LastError.Code, o.LastError.Reason
	}
	return s
}

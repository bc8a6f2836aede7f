package stripesim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Event is something that Stripe tells webhook endpoints and lists under /v1/events.
type Event struct {
	ID, Type string
	Account  string // the connected account it is about; empty for the platform's own
	ObjectID string // data.object.id
	Created  time.Time
	Body     []byte // the JSON as /v1/events shows it
}

// eventObject is a snapshot event (docs.stripe.com/api/events/object).
type eventObject struct {
	ID              string       `json:"id"`
	Object          string       `json:"object"`
	Account         string       `json:"account,omitempty"`
	APIVersion      string       `json:"api_version"`
	Created         int64        `json:"created"`
	Data            eventData    `json:"data"`
	Livemode        bool         `json:"livemode"`
	PendingWebhooks int          `json:"pending_webhooks"`
	Request         eventRequest `json:"request"`
	Type            string       `json:"type"`
	twin            string       // the id of its thin twin
	told            bool         // some endpoint gets it as a snapshot
}

type eventData struct {
	Object json.RawMessage `json:"object"`
}

// eventRequest names the call that caused an event; both are null where a person or Stripe did.
type eventRequest struct {
	ID             *string `json:"id"`
	IdempotencyKey *string `json:"idempotency_key"`
}

// keepEvents is how far /v1/events reaches back (docs.stripe.com/api/events).
const keepEvents = 30 * 24 * time.Hour

const redactedEvent = "identity.verification_session.redacted"

// emitSession emits an event about a session as it is now; c is the call that caused it, if one did.
func (s *Sim) emitSession(c *call, what string, v *session) {
	s.emitLocked(c, "identity.verification_session."+what, v.account, s.object(v))
}

// Emit sends an event of the test's making, with data.object as given, to the endpoints that listen for it: the
// Connect ones when account is set, the platform's own otherwise. It returns the event's id, or an error when
// object cannot be written as JSON.
func (s *Sim) Emit(eventType, account string, object any) (string, error) {
	if _, err := json.Marshal(object); err != nil {
		return "", fmt.Errorf("marshal the event's object: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.emitLocked(nil, eventType, account, object), nil
}

func (s *Sim) emitLocked(c *call, eventType, account string, object any) string {
	raw, _ := json.Marshal(object) // our own objects always marshal, and Emit has checked the others
	e := &eventObject{
		ID: newID("evt_"), twin: newID("evt_"), Object: "event", Account: account, APIVersion: defaultAPIVersion, Created: s.now().Unix(),
		Data: eventData{Object: raw}, Livemode: s.livemode(), Type: eventType,
	}
	if c != nil {
		e.Request = eventRequest{ID: orNull(c.requestID), IdempotencyKey: orNull(c.key)}
	}
	targets := s.listeners(e)
	e.PendingWebhooks = len(targets)
	s.events = append(s.events, e)
	e.told = slices.ContainsFunc(targets, func(ep *Endpoint) bool { return !ep.Thin })
	for _, ep := range targets {
		s.enqueueLocked(e, ep)
	}
	return e.ID
}

// render is the event's JSON in an API version; empty means the default.
func (e *eventObject) render(version string) []byte {
	c := *e
	if version != "" {
		c.APIVersion = version
	}
	body, _ := json.MarshalIndent(c, "", "  ") // made of what was marshalled before
	return body
}

func (e *eventObject) objectID() string {
	var o struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(e.Data.Object, &o) != nil {
		return "" // an object of a test's making need not have an id, nor be an object
	}
	return o.ID
}

// Events returns all events so far, oldest first.
func (s *Sim) Events() []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Event, 0, len(s.events))
	for _, e := range s.events {
		all = append(all, Event{ID: e.ID, Type: e.Type, Account: e.Account, ObjectID: e.objectID(),
			Created: time.Unix(e.Created, 0), Body: e.render("")})
	}
	return all
}

var eventListParams = listSchema(schema{"type": {}, "types[]": {}, "delivery_success": {kind: boolean}})

func (s *Sim) listEvents(c *call) (any, error) {
	if err := eventListParams.check(c.form); err != nil {
		return nil, err
	}
	types := list(c.form, "types")
	if len(types) > 20 {
		return nil, badParam("", "types", "Array types exceeded maximum 20 allowed elements.")
	}
	if t := c.form.Get("type"); t != "" {
		types = append(types, t)
	}
	var found []*eventObject
	for _, e := range slices.Backward(s.events) {
		if e.Account == c.account && createdWithin(c.form, e.Created) && s.now().Sub(time.Unix(e.Created, 0)) <= keepEvents &&
			(len(types) == 0 || slices.ContainsFunc(types, e.isOf)) &&
			(!c.form.Has("delivery_success") || c.form.Get("delivery_success") == fmt.Sprint(s.deliveredLocked(e.ID))) {
			found = append(found, e)
		}
	}
	return paginate(c, found, func(e *eventObject) string { return e.ID })
}

// isOf reports whether the event is of a type, which may end in an asterisk.
func (e *eventObject) isOf(t string) bool {
	if group, ok := strings.CutSuffix(t, "*"); ok {
		return strings.HasPrefix(e.Type, group)
	}
	return e.Type == t
}

func (s *Sim) retrieveEvent(c *call) (any, error) {
	id := c.r.PathValue("id")
	i := slices.IndexFunc(s.events, func(e *eventObject) bool { return e.ID == id && e.Account == c.account })
	if i < 0 {
		return nil, missing("event", id, "id")
	}
	return s.events[i], expandOnly.check(c.form)
}

package stripesim

import (
	"cmp"
	"slices"
)

// Endpoint is a webhook endpoint (docs.stripe.com/api/webhook_endpoints).
type Endpoint struct {
	ID  string // "we_…", chosen by AddEndpoint when empty
	URL string // only a loopback address is ever contacted
	// Secret signs the deliveries; chosen by AddEndpoint when empty.
	Secret string
	// Connect endpoints get the events of connected accounts, the others the platform's own.
	Connect bool
	// Organization is an endpoint of the organization that the account belongs to: it gets the platform's own events, and
	// they name the platform as their account (stripe-go, v2core_eventdestination.go: @organization_members). That the
	// account's list of endpoints does not have it is a guess.
	Organization bool
	// From is the destination's events_from where it is not what Connect and Organization say. Nothing but the list goes by it.
	From []string
	// Events are the types it listens for; empty or "*" means all but identity.verification_session.redacted,
	// which Stripe sends only to those who name it (docs.stripe.com/identity/verification-sessions).
	Events []string
	// APIVersion is the version in which its events are rendered; empty means the account's default.
	APIVersion string
	Status     string // "enabled" (the default) or "disabled"
	// Thin is the other payload style: its Events are named v1.…, and what comes names the object alone. Such an endpoint is
	// listed among version 2's event destinations only.
	Thin    bool
	created int64
}

// AddEndpoint registers a webhook endpoint, in the place of the one with its id if there is one, and returns its id.
func (s *Sim) AddEndpoint(e Endpoint) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addEndpointLocked(e).ID
}

func (s *Sim) addEndpointLocked(e Endpoint) *Endpoint {
	e.ID = cmp.Or(e.ID, newID("we_"))
	e.Secret = cmp.Or(e.Secret, newID("whsec_"))
	e.Status = cmp.Or(e.Status, "enabled")
	e.Events = slices.Clone(e.Events)
	e.created = s.now().Unix()
	s.endpoints = slices.DeleteFunc(s.endpoints, func(old *Endpoint) bool { return old.ID == e.ID })
	s.endpoints = append(s.endpoints, &e)
	return &e
}

// listed says whether version 1 of the API shows the endpoint.
func (e *Endpoint) listed() bool { return !e.Thin && !e.Organization }

// Endpoints returns the webhook endpoints, oldest first.
func (s *Sim) Endpoints() []Endpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Endpoint, 0, len(s.endpoints))
	for _, e := range s.endpoints {
		all = append(all, *e)
	}
	return all
}

// listeners returns the endpoints that get an event.
func (s *Sim) listeners(e *eventObject) []*Endpoint {
	var found []*Endpoint
	for _, ep := range s.endpoints {
		named := slices.Contains(ep.Events, e.typeAt(ep))
		all := (len(ep.Events) == 0 || slices.Contains(ep.Events, "*")) && e.Type != redactedEvent
		if ep.Status == "enabled" && ep.Connect == (e.Account != "") && (named || all) {
			found = append(found, ep)
		}
	}
	return found
}

type endpointObject struct {
	ID            string            `json:"id"`
	Object        string            `json:"object"`
	APIVersion    *string           `json:"api_version"`
	Application   *string           `json:"application"`
	Created       int64             `json:"created"`
	Description   *string           `json:"description"`
	EnabledEvents []string          `json:"enabled_events"`
	Livemode      bool              `json:"livemode"`
	Metadata      map[string]string `json:"metadata"`
	Secret        string            `json:"secret,omitempty"` // on create only
	Status        string            `json:"status"`
	URL           string            `json:"url"`
}

func (s *Sim) endpointObject(e *Endpoint) *endpointObject {
	o := &endpointObject{
		ID: e.ID, Object: "webhook_endpoint", APIVersion: orNull(e.APIVersion), Created: e.created, EnabledEvents: e.Events,
		Livemode: s.livemode(), Metadata: map[string]string{}, Status: e.Status, URL: e.URL,
	}
	if e.Connect { // the application is what tells a Connect endpoint from the others
		o.Application = orNull(s.cfg.ClientID)
	}
	if len(e.Events) == 0 {
		o.EnabledEvents = []string{"*"}
	}
	return o
}

var endpointParams = schema{
	"url": {kind: webAddress}, "enabled_events[]": {}, "api_version": {}, "connect": {kind: boolean}, "description": {},
	"metadata[*]": {max: maxMetadataValue}, "expand[]": {},
}

func (s *Sim) createEndpoint(c *call) (any, error) {
	if err := endpointParams.check(c.form); err != nil {
		return nil, err
	}
	events := list(c.form, "enabled_events")
	for name, given := range map[string]bool{"url": c.form.Get("url") != "", "enabled_events": len(events) > 0} {
		if !given {
			return nil, badParam("parameter_missing", name, "Missing required param: %s.", name)
		}
	}
	if !loopbackURL(c.form.Get("url")) {
		return nil, badParam("url_invalid", "url", "Invalid URL: the simulator delivers to loopback addresses only")
	}
	e := s.addEndpointLocked(Endpoint{
		URL: c.form.Get("url"), Connect: c.form.Get("connect") == "true", Events: events, APIVersion: c.form.Get("api_version"),
	})
	o := s.endpointObject(e)
	o.Secret = e.Secret
	return o, nil
}

func (s *Sim) listEndpoints(c *call) (any, error) {
	if err := pageParams.check(c.form); err != nil {
		return nil, err
	}
	var objects []*endpointObject
	for _, e := range slices.Backward(s.endpoints) {
		if e.listed() {
			objects = append(objects, s.endpointObject(e))
		}
	}
	return paginate(c, objects, func(o *endpointObject) string { return o.ID })
}

func (s *Sim) retrieveEndpoint(c *call) (any, error) {
	id := c.r.PathValue("id")
	for _, e := range s.endpoints {
		if e.ID == id && e.listed() {
			return s.endpointObject(e), expandOnly.check(c.form)
		}
	}
	return nil, missing("webhook endpoint", id, "webhook_endpoint")
}

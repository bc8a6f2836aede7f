package stripesim

import "time"

// destinationObject is an event destination of version 2 of the API, which has the endpoints of both payload styles
// (docs.stripe.com/api/v2/core/event_destinations/object).
type destinationObject struct {
	ID                 string          `json:"id"`
	Object             string          `json:"object"`
	Created            time.Time       `json:"created"`
	EnabledEvents      []string        `json:"enabled_events"`
	EventPayload       string          `json:"event_payload"`
	EventsFrom         []string        `json:"events_from"`
	Livemode           bool            `json:"livemode"`
	SnapshotAPIVersion *string         `json:"snapshot_api_version"`
	Status             string          `json:"status"`
	Type               string          `json:"type"`
	WebhookEndpoint    destinationAddr `json:"webhook_endpoint"`
}

type destinationAddr struct {
	URL *string `json:"url"` // null unless it is asked for
}

// destinationPage is version 2's list object.
type destinationPage struct {
	Data            []destinationObject `json:"data"`
	NextPageURL     *string             `json:"next_page_url"`
	PreviousPageURL *string             `json:"previous_page_url"`
}

var destinationParams = schema{"include[]": {}, "limit": {kind: number}}

func (s *Sim) listDestinations(c *call) (any, error) {
	if err := destinationParams.check(c.form); err != nil {
		return nil, err
	}
	withURL := len(list(c.form, "include")) > 0
	page := destinationPage{Data: []destinationObject{}}
	for _, e := range s.endpoints {
		o := destinationObject{ID: e.ID, Object: "v2.core.event_destination", Created: time.Unix(e.created, 0).UTC(),
			EnabledEvents: e.Events, EventPayload: "snapshot", EventsFrom: []string{"self"}, Livemode: s.livemode(),
			Status: e.Status, Type: "webhook_endpoint"}
		if e.Thin {
			o.EventPayload = "thin"
		} else {
			o.SnapshotAPIVersion = orNull(e.APIVersion)
		}
		switch {
		case len(e.From) > 0:
			o.EventsFrom = e.From
		case e.Connect:
			o.EventsFrom = []string{"other_accounts"}
		case e.Organization: // as later versions have it (stripe-go v85, v2core_eventdestination.go)
			o.EventsFrom = []string{"@organization_members"}
		}
		if len(e.Events) == 0 {
			o.EnabledEvents = []string{"*"}
		}
		if withURL {
			o.WebhookEndpoint.URL = &e.URL
		}
		page.Data = append(page.Data, o)
	}
	return page, nil
}

package stripesim

import (
	"encoding/json"
	"strings"
	"time"
)

// thinEvent is an event notification, which names what there is news of (docs.stripe.com/api/v2/core/events). What of v1's
// objects comes so has been in a preview: the names of types are those of stripe-go v86.3.0-alpha.2.
type thinEvent struct {
	ID            string         `json:"id"`
	Object        string         `json:"object"`
	Context       string         `json:"context,omitempty"` // the account it is from, if that is not the endpoint's own
	Created       string         `json:"created"`
	Livemode      bool           `json:"livemode"`
	Reason        any            `json:"reason"`
	RelatedObject *relatedObject `json:"related_object"`
	// SnapshotEvent is the twin that comes to another endpoint (docs.stripe.com/webhooks/migrate-snapshot-to-thin-events).
	SnapshotEvent string `json:"snapshot_event,omitempty"`
	Type          string `json:"type"`
}

type relatedObject struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	URL  string `json:"url"`
}

// typeAt and idAt are what the event is called at an endpoint.
func (e *eventObject) typeAt(ep *Endpoint) string {
	if ep.Thin {
		return "v1." + e.Type
	}
	return e.Type
}

func (e *eventObject) idAt(ep *Endpoint) string {
	if ep.Thin {
		return e.twin
	}
	return e.ID
}

// renderAt is what an endpoint gets.
func (e *eventObject) renderAt(ep *Endpoint) []byte {
	if !ep.Thin {
		return e.render(ep.APIVersion)
	}
	var about struct{ ID, Object string }
	_ = json.Unmarshal(e.Data.Object, &about) // an object of a test's making need not have them
	thin := thinEvent{ID: e.twin, Object: "v2.core.event", Context: e.Account, Created: time.Unix(e.Created, 0).UTC().Format("2006-01-02T15:04:05.000Z"),
		Livemode: e.Livemode, Type: e.typeAt(ep), RelatedObject: &relatedObject{ID: about.ID, Type: about.Object,
			URL: "/v1/" + strings.ReplaceAll(about.Object, ".", "/") + "s/" + about.ID}}
	if e.told {
		thin.SnapshotEvent = e.ID
	}
	body, _ := json.Marshal(thin) // made of texts
	return body
}

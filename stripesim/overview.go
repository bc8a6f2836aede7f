package stripesim

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// latest is how many sessions and events the overview shows, and all sessions that wait to be settled.
const latest = 20

type listedEvent struct {
	Event
	Outcome string
}

// overviewPage shows what the simulator knows, with buttons for what Stripe or a merchant does on his own.
func (s *Sim) overviewPage(*http.Request) screen {
	var data struct {
		Sessions  []Session
		Earlier   int // sessions that are not shown
		Accounts  []Account
		Groups    []listedGroup
		Submitted []listedGroup // those that can end a session in processing
		Switches  Switches
		Delay     int
		Held      bool
		Events    []listedEvent
	}
	sessions := s.Sessions()
	for _, v := range slices.Backward(sessions) {
		if len(data.Sessions) < latest || v.Status == string(processing) {
			data.Sessions = append(data.Sessions, v)
		}
	}
	data.Earlier = len(sessions) - len(data.Sessions)
	data.Accounts, data.Groups = s.Accounts(), listedGroups()
	data.Submitted = slices.DeleteFunc(listedGroups(), func(g listedGroup) bool { return !g.Submitted })
	events, deliveries := s.Events(), s.Deliveries()
	for _, e := range slices.Backward(events) {
		if len(data.Events) == latest {
			break
		}
		data.Events = append(data.Events, listedEvent{e, deliveryOutcome(deliveries, e.ID)})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	data.Switches, data.Held = s.switches, s.held
	data.Delay = int(s.switches.Delay / time.Second)
	return screen{template: "overview", data: data}
}

func deliveryOutcome(all []Delivery, eventID string) string {
	text := "not delivered"
	for _, d := range all {
		if d.EventID == eventID {
			text = cmp.Or(d.Err, fmt.Sprintf("answered with %d", d.Status)) + fmt.Sprintf(", attempt %d", d.Attempt)
		}
	}
	return text
}

func backToOverview(err error) screen {
	if err != nil {
		return screen{status: http.StatusConflict, template: "message", data: message{Title: "That did not work", Text: err.Error() + "."}}
	}
	return screen{location: "/"}
}

func (s *Sim) settleForm(r *http.Request) screen {
	outcome := r.PostFormValue("outcome")
	if outcome == "failure" {
		outcome = r.PostFormValue("failure")
	}
	return backToOverview(s.settle(r.PostFormValue("session"), outcome))
}

// settle is Finish for what was submitted already: a click on a page that is out of date starts nothing new.
func (s *Sim) settle(sessionID, outcome string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.session(sessionID)
	if v == nil || v.status != processing {
		return fmt.Errorf("session %q is not in processing", sessionID)
	}
	return s.finishLocked(v, outcome)
}

func (s *Sim) overrideForm(r *http.Request) screen {
	outcome := r.PostFormValue("outcome")
	if outcome == "failure" {
		outcome = r.PostFormValue("failure")
	}
	return backToOverview(s.Override(r.PostFormValue("session"), outcome))
}

func (s *Sim) blocklistForm(r *http.Request) screen {
	return backToOverview(s.Blocklist(r.PostFormValue("session")))
}

func (s *Sim) revokeForm(r *http.Request) screen {
	s.Revoke(r.PostFormValue("account"))
	return backToOverview(nil)
}

func (s *Sim) resendForm(r *http.Request) screen {
	return backToOverview(s.Redeliver(r.PostFormValue("event")))
}

func (s *Sim) deliveryForm(r *http.Request) screen {
	count, err := strconv.Atoi(cmp.Or(r.PostFormValue("duplicate"), "0"))
	if err != nil || count < 0 || count > 9 {
		return backToOverview(fmt.Errorf("further deliveries are a number from 0 to 9"))
	}
	seconds, err := strconv.Atoi(cmp.Or(r.PostFormValue("delay"), "0"))
	if err != nil || seconds < 0 || seconds > 600 {
		return backToOverview(fmt.Errorf("the delay is a number of seconds from 0 to 600"))
	}
	s.SetDelivery(Switches{
		Duplicate: count, Delay: time.Duration(seconds) * time.Second,
		Reorder: r.PostFormValue("reorder") != "", Drop: r.PostFormValue("drop") != "",
	})
	if r.PostFormValue("hold") != "" {
		s.Hold()
	} else {
		s.Release()
	}
	return backToOverview(nil)
}

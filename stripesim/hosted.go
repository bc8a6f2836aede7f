package stripesim

import (
	"net/http"
)

// verifyPage is the stand-in for https://verify.stripe.com/start/….
func (s *Sim) verifyPage(r *http.Request) screen {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.links[r.PathValue("token")]
	if problem := s.linkProblem(l); problem != nil {
		return *problem
	}
	data := struct {
		Session string
		Groups  []listedGroup
	}{l.session.id, listedGroups()}
	return screen{template: "verify", data: data, leaves: l.session.returnURL}
}

// verifyForm does what the person picked. Closing the page uses the link up as submitting does.
func (s *Sim) verifyForm(r *http.Request) screen {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.links[r.PathValue("token")]
	if problem := s.linkProblem(l); problem != nil {
		return *problem
	}
	if err := s.finishLocked(l.session, r.PostFormValue("outcome")); err != nil {
		return screen{status: http.StatusBadRequest, template: "message", data: message{Title: "No such outcome",
			Text: "Go back and pick one of the buttons."}}
	}
	l.used = true
	if l.session.returnURL == "" {
		return screen{template: "message", data: message{Title: "Done", Text: "The session has no return_url to go back to. You can close this page."}}
	}
	return screen{location: l.session.returnURL} // Stripe documents nothing that it would add
}

// linkProblem is the page for a link that cannot be used, or nil.
func (s *Sim) linkProblem(l *link) *screen {
	gone := func(title, text, back string) *screen {
		return &screen{status: http.StatusGone, template: "message", data: message{Title: title, Text: text, Back: back}}
	}
	const again = "Go back to the site and start the verification again there."
	switch {
	case l == nil:
		return &screen{status: http.StatusNotFound, template: "message", data: message{Title: "This link is not valid", Text: again}}
	case l.used:
		return gone("This link was already used", "A link works once. "+again, l.session.returnURL)
	case s.now().After(l.expires):
		return gone("This link has expired", "A link works for 48 hours. "+again, l.session.returnURL)
	case l.session.redaction != "", l.session.status == canceled:
		return gone("This verification was canceled", "The site that asked for it does not need it any more.", l.session.returnURL)
	case l.session.status != requiresInput:
		return gone("Already submitted", "Nothing is left to do here.", l.session.returnURL)
	}
	return nil
}

type offeredAccount struct {
	Account
	Own bool
}

// connectPage is the second half of the authorize page.
func (s *Sim) connectPage(r *http.Request) screen {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.visits[r.PathValue("token")]
	if v == nil {
		return noVisit()
	}
	var data struct{ Accounts []offeredAccount }
	for _, a := range s.accounts[1:] {
		data.Accounts = append(data.Accounts, offeredAccount{Account: *a})
	}
	data.Accounts = append(data.Accounts, offeredAccount{Account: *s.accounts[0], Own: true})
	return screen{template: "connect", data: data, leaves: v.redirectURI}
}

func noVisit() screen {
	return screen{status: http.StatusNotFound, template: "message", data: message{Title: "This page has expired",
		Text: "Go back to the site and press Connect with Stripe again."}}
}

func (s *Sim) connectForm(r *http.Request) screen {
	s.mu.Lock()
	v := s.visits[r.PathValue("token")]
	s.mu.Unlock()
	if v == nil {
		return noVisit()
	}
	switch choice := r.PostFormValue("account"); choice {
	case "deny", "deny_with_state":
		return screen{location: v.deny(choice == "deny_with_state")}
	default:
		callback, err := s.allow(v, choice)
		if err != nil || choice == "" {
			return screen{status: http.StatusBadRequest, template: "message", data: message{Title: "No such account",
				Text: "Go back and pick one of the buttons."}}
		}
		return screen{location: callback}
	}
}

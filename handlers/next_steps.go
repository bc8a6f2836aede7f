package handlers

import (
	"net/url"
	"strings"

	"example.com/identity-starter/store"
	"example.com/identity-starter/templates"
)

// nextSteps says what makes sense after each last_error.code of Stripe's
// (docs.stripe.com/identity/handle-verification-outcomes). The words for it are
// outcome.CODE and way.… in templates/words; whether it uses up an attempt is
// store's rule. A code that is not here is one that Stripe has added: try again.
var nextSteps = map[string]struct {
	retry bool
	way   string
}{
	"abandoned":                            {true, "again"},
	"device_not_supported":                 {true, "other_device"},
	"document_expired":                     {true, "other_document"},
	"document_type_not_supported":          {true, "other_document"},
	"document_unverified_other":            {true, "better_photo"},
	"selfie_document_missing_photo":        {true, "other_document"},
	"selfie_face_mismatch":                 {true, "better_selfie"},
	"selfie_unverified_other":              {true, "better_selfie"},
	"selfie_manipulated":                   {false, "contact"},
	"id_number_insufficient_document_data": {true, "other_document"},
	"id_number_mismatch":                   {true, "again"},
	"id_number_unverified_other":           {true, "again"},
	"email_unverified_other":               {true, "again"},
	"email_verification_declined":          {true, "again"},
	"phone_unverified_other":               {true, "again"},
	"phone_verification_declined":          {true, "again"},
	"address_mismatch":                     {true, "again"},
	"consent_declined":                     {false, "contact"},
	"under_supported_age":                  {false, "cannot"},
	"country_not_supported":                {false, "cannot"},
}

// PageState is where a user stands, as the page tells it.
func PageState(u store.User) string {
	switch v := u.Newest; {
	case u.Verified:
		return "verified"
	case u.Rejected:
		return "rejected"
	case u.InReview:
		return "in_review"
	case u.AtGate, v != nil && v.Status == store.Processing:
		return "processing"
	case u.AttemptsLeft == 0:
		return "exhausted"
	case v == nil, v.Status == store.Verified: // which did not count: a reviewer gave one more attempt
		return "none"
	case v.Status == store.Canceled:
		return "canceled"
	case v.ErrorCode != "":
		return "requires_input"
	default:
		return "started"
	}
}

// describe says where a user stands, in words, and what to do next.
func describe(s Settings, say sayFunc, u store.User) templates.Verification {
	state := PageState(u)
	p := templates.Verification{Status: state,
		Title: say("state." + state + ".title"), Message: say("state." + state + ".text"),
		AskEmail: s.AskEmail, AttemptsLeft: u.AttemptsLeft, MaxAttempts: u.Attempts + u.AttemptsLeft}
	p.Button = true
	way := ""
	switch state {
	case "verified":
		return templates.Verification{Status: state, Title: p.Title, Message: p.Message}
	case "processing":
		p.Button, p.Poll = false, true
	case "in_review":
		p.Button = false
	case "started":
		p.Poll = true // it may be going on on another device
	case "rejected":
		p.Button, way = false, "contact"
	case "exhausted":
		p.Button, way = false, "contact"
		if code := wordsFor(u.Newest.ErrorCode); u.Newest.ErrorCode != "" {
			p.Message = say("outcome."+code+".text") + " " + p.Message
		}
	case "requires_input":
		way = describeFailure(&p, say, wordsFor(u.Newest.ErrorCode))
	}
	if way != "" {
		p.Next = nextSentence(s, say, way)
	}
	p.ShowAttempts = p.Button && u.Attempts > 0
	if p.Intro = state == "none" || state == "canceled" || state == "started"; p.Intro {
		p.Documents, p.Camera = introduce(s.check, say)
	}
	if u.Newest != nil {
		p.Reference = u.Newest.ID[:8]
	}
	p.Support = supportURL(s.SupportURL, p.Reference)
	return p
}

// describeFailure says what came of a check that failed, and returns the way on.
func describeFailure(p *templates.Verification, say sayFunc, code string) (way string) {
	outcome, known := nextSteps[code]
	if !known {
		outcome.retry, outcome.way = true, "again"
	}
	p.Title, p.Message = say("outcome."+code+".title"), say("outcome."+code+".text")
	p.Button, p.Again = outcome.retry, true
	if !(store.News{Failed: true, ReportID: "any", ErrorCode: code}).Counts() {
		p.Message += " " + say("attempts.not_counted")
	}
	return outcome.way
}

// wordsFor is the code under which there are words for a failure.
func wordsFor(code string) string {
	if _, known := nextSteps[code]; known {
		return code
	}
	return "unknown"
}

// supportURL puts the reference into a mail's subject, so that a complaint leads to a row.
func supportURL(support, reference string) string {
	address, parameters, _ := strings.Cut(support, "?")
	values, err := url.ParseQuery(parameters)
	if reference == "" || !strings.HasPrefix(support, "mailto:") || err != nil || values.Has("subject") {
		return support
	}
	values.Set("subject", reference)
	return address + "?" + strings.ReplaceAll(values.Encode(), "+", "%20") // mail programs take + for a plus
}

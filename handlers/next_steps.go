package handlers

import (
	"net/url"
	"slices"
	"strings"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/store"
	"example.com/identity-starter/templates"
)

// nextSteps says what makes sense after each last_error.code of Stripe's; a code that is not here
// is one that Stripe has added (docs.stripe.com/identity/handle-verification-outcomes). The words for
// it are outcome.CODE and way.… in templates/words; whether it uses up an attempt is store's rule.
var nextSteps = map[string]string{
	"abandoned":                            "again",
	"device_not_supported":                 "other_device",
	"document_expired":                     "other_document",
	"document_type_not_supported":          "other_document",
	"document_unverified_other":            "better_photo",
	"selfie_document_missing_photo":        "other_document",
	"selfie_face_mismatch":                 "better_selfie",
	"selfie_unverified_other":              "better_selfie",
	"selfie_manipulated":                   "contact",
	"id_number_insufficient_document_data": "other_document",
	"id_number_mismatch":                   "again",
	"id_number_unverified_other":           "again",
	"email_unverified_other":               "again",
	"email_verification_declined":          "again",
	"phone_unverified_other":               "again",
	"phone_verification_declined":          "again",
	"address_mismatch":                     "again",
	"consent_declined":                     "contact",
	"under_supported_age":                  "cannot",
	"country_not_supported":                "cannot",
}

// stepAfter is the way on after a code of Stripe's, and the code under which there are words for it.
func stepAfter(code string) (known, way string) {
	if way, ok := nextSteps[code]; ok {
		return code, way
	}
	return "unknown", "again"
}

// leadsOn says whether a way on is another check.
func leadsOn(way string) bool { return way != "contact" && way != "cannot" }

// counts says whether a failure with the code uses up an attempt.
func counts(code string) bool {
	return store.News{Failed: true, ReportID: "any", ErrorCode: code}.Counts()
}

// OffersAnother says whether the page offers another check after one that failed with the code, while attempts are left:
// where that makes sense, and where a slip of the finger must not be the end.
func OffersAnother(code string) bool {
	code, way := stepAfter(code)
	return leadsOn(way) || !counts(code)
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
		return "processing" // at Stripe, or what Stripe found out is being compared
	case u.Revoked && (v.State().TakenBack() || v.Status == store.Canceled && (v.ErrorCode == "" || u.AttemptsLeft > 0)):
		return "revoked"
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

// stated is the page of a state, with nothing but its words.
func stated(say sayFunc, state string) templates.Verification {
	return templates.Verification{Status: state, Title: say("state." + state + ".title"), Message: say("state." + state + ".text")}
}

// describe says where a user stands, in words, and what to do next: one main action.
func (w *Web) describe(say sayFunc, u store.User) templates.Verification {
	p, way := w.situation(say, u)
	p.ContinueURL = w.Settings.ContinueURL
	if p.Status == "verified" {
		p.Action, p.ActionURL = say("verification.continue"), p.ContinueURL
		return p
	}
	if way != "" {
		p.Next = w.nextSentence(say, way)
	}
	if p.Button && way != "" && !leadsOn(way) {
		p.Next = then(say, p.Next, "way.contact_or_again")
	}
	p.AskEmail, p.AttemptsLeft, p.MaxAttempts = w.Settings.AskEmail, u.AttemptsLeft, u.Attempts+u.AttemptsLeft
	p.ShowAttempts = p.Button && u.Attempts > 0
	if u.Newest != nil {
		p.Reference = u.Newest.Reference()
	}
	p.Support = supportURL(w.Settings.SupportURL, p.Reference)
	p.Help = p.Support != ""
	switch {
	case p.Status == "processing":
		p.Action, p.ActionURL = say("verification.check"), "/verification/return"
	case way != "" && !leadsOn(way) && p.Support != "":
		p.Contact, p.Help = true, false
	case !p.Button: // somebody here may decide something
		p.Action, p.ActionURL = say("verification.check"), "/verification.html"
	}
	return p
}

// situation is the page of where a user stands, without its actions, and the way on; "" where none has to be told.
func (w *Web) situation(say sayFunc, u store.User) (p templates.Verification, way string) {
	p = stated(say, PageState(u))
	switch p.Status {
	case "none", "canceled", "started":
		p.Button, p.Points = true, p.Status != "started"
		p.Poll = p.Status == "started" // it may be going on on another device
		p.Documents, p.Camera = w.introduce(say)
	case "processing":
		p.Poll = true
	case "revoked":
		if p.Button = u.AttemptsLeft > 0; !p.Button {
			return p, "contact"
		}
		p.Message = then(say, p.Message, "state.revoked.again")
		p.Documents, p.Camera = w.introduce(say)
	case "rejected":
		way = "contact"
	case "exhausted":
		way = "contact"
		if u.Newest.ErrorCode != "" {
			code, _ := stepAfter(u.Newest.ErrorCode)
			p.Message = then(say, say("outcome."+code+".text"), "state.exhausted.text")
		}
	case "requires_input":
		var code string
		code, way = stepAfter(u.Newest.ErrorCode)
		p.Title, p.Message = say("outcome."+code+".title"), say("outcome."+code+".text")
		p.Button = OffersAnother(u.Newest.ErrorCode)
		if !counts(code) {
			p.Message = then(say, p.Message, "attempts.not_counted")
		}
	}
	return p, way
}

// then is a text with one more sentence, by its key: in Japanese no space stands between them.
func then(say sayFunc, text, key string) string { return say("sentences", "a", text, "b", say(key)) }

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

// documentList names the documents that are taken, and no others; "" where a flow at Stripe
// decides, of which we do not know it.
func documentList(check gateway.Check, say sayFunc) string {
	var names []string
	for _, kind := range gateway.Documents {
		if len(check.Documents) == 0 || slices.Contains(check.Documents, kind) {
			names = append(names, say("document."+kind))
		}
	}
	switch {
	case check.Flow != "" || len(names) == 0:
		return ""
	case len(names) == 1:
		return names[0]
	case len(names) == 2:
		return say("documents.two", "a", names[0], "b", names[1])
	}
	return say("documents.three", "a", names[0], "b", names[1], "c", names[2])
}

// introduce says which documents are needed, and whether the face is photographed.
func (w *Web) introduce(say sayFunc) (documents, camera string) {
	check := w.Stripe.Check()
	documents, camera = say("intro.documents.text"), say("intro.camera.text")
	if list := documentList(check, say); list != "" {
		documents = say("intro.documents.list", "documents", list)
	}
	switch {
	case check.Flow != "":
		camera = say("intro.camera.unknown")
	case check.Selfie:
		camera = say("intro.camera.selfie")
	}
	return documents, camera
}

// nextSentence is the sentence for a way on. It names no document that is not
// taken, no photo of the face where there is none, and no contact without SUPPORT_URL.
func (w *Web) nextSentence(say sayFunc, way string) string {
	check := w.Stripe.Check()
	list, neutral := documentList(check, say), w.Settings.SupportURL == "" && !leadsOn(way)
	switch {
	case way == "other_document" && list != "":
		way = "other_document_list"
	case way == "contact" && (check.Selfie || check.Flow != ""):
		way = "contact_selfie"
	}
	if neutral {
		way += "_neutral"
	}
	return say("way."+way, "documents", list)
}

package handlers

import (
	"slices"

	"example.com/identity-starter/gateway"
)

// kinds are the documents that Stripe takes, in the order in which people read them.
var kinds = []string{gateway.Passport, gateway.IDCard, gateway.DrivingLicense}

// documentList names the documents that are taken, and no others, with "or"
// between them; "" where a flow at Stripe decides, of which we do not know it.
func documentList(check gateway.Check, say sayFunc) string {
	var names []string
	for _, kind := range kinds {
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

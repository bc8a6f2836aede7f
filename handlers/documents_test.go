package handlers_test

import (
	"bytes"
	"fmt"
	"iter"
	"strings"
	"testing"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/store"
	"example.com/identity-starter/templates"
)

// foreign are words for other documents than a passport, as people write them.
// Each is looked for in every language.
var foreign = []string{
	"driving licen", "driver", "identity card", "ID card", "Führerschein", "Personalausweis", "Ausweiskarte",
	"permis de conduire", "carte d’identité", "carte d'identité", "運転免許", "身分証",
}

// stands are people in all states that the verification page tells apart, and after every code of Stripe's.
func stands(t *testing.T) iter.Seq2[string, store.User] {
	at := func(status store.Status, code string) store.User {
		return store.User{AttemptsLeft: 2, Attempts: 1, Newest: &store.Verification{ID: "DATABASEREFERENCE", Status: status, ErrorCode: code}}
	}
	all := map[string]store.User{"none": {AttemptsLeft: 3}, "verified": {Verified: true}, "rejected": {Rejected: true}, "in review": {InReview: true},
		"started": at(store.RequiresInput, ""), "processing": at(store.Processing, ""), "canceled": at(store.Canceled, "")}
	for _, code := range append(stripeCodes(t), "some_new_code") {
		failed := at(store.RequiresInput, code)
		all[code] = failed
		failed.AttemptsLeft = 0
		all["exhausted by "+code] = failed
	}
	return func(yield func(string, store.User) bool) {
		for name, user := range all {
			if !yield(name, user) {
				return
			}
		}
	}
}

// pageOf is the whole page, as it is sent.
func pageOf(t *testing.T, set *templates.Set, lang string, check gateway.Check, support string, user store.User) string {
	t.Helper()
	say := func(key string, args ...string) string { return set.T(lang, key, args...) }
	var out bytes.Buffer
	page := templates.Page{Lang: lang, AppName: "Shop", Path: "/", Data: handlers.DescribeChecked(check, support, user, say)}
	if err := set.Render(&out, "verification", page); err != nil {
		t.Fatalf("every state must have a page: %v", err)
	}
	return out.String()
}

// Somebody who looks for his driving licence, since the page names it, has wasted an attempt.
func TestPagesNameNoDocumentThatIsNotTaken(t *testing.T) {
	set, _ := words(t)
	passports := gateway.Check{Documents: []string{gateway.Passport}}
	for _, lang := range set.Languages() {
		unwanted := append([]string{set.T(lang, "document.id_card"), set.T(lang, "document.driving_license")}, foreign...)
		for name, user := range stands(t) {
			for _, support := range []string{"", "mailto:help@shop.example"} {
				page := pageOf(t, set, lang, passports, support, user)
				for _, word := range unwanted {
					if strings.Contains(strings.ToLower(page), strings.ToLower(word)) {
						t.Errorf("%s, %s: only passports are taken, so the page must not say %q", lang, name, word)
					}
				}
				if strings.Contains(page, "{documents}") || strings.Contains(page, "{a}") {
					t.Errorf("%s, %s: the page shows a placeholder", lang, name)
				}
			}
		}
	}
}

// What is taken is named, with words between that belong there: in the introduction and after a document that would not do.
func TestPagesNameTheDocuments(t *testing.T) {
	set, _ := words(t)
	expired := store.User{AttemptsLeft: 2, Attempts: 1, Newest: &store.Verification{ID: "DATABASEREFERENCE", Status: store.RequiresInput, ErrorCode: "document_expired"}}
	kinds := []string{gateway.Passport, gateway.IDCard, gateway.DrivingLicense}
	for _, lang := range set.Languages() {
		for _, taken := range [][]string{nil, kinds[:1], kinds[1:2], kinds[2:], kinds[:2], {gateway.DrivingLicense, gateway.Passport}, kinds} {
			for name, user := range map[string]store.User{"none": {AttemptsLeft: 3}, "expired": expired} {
				page := pageOf(t, set, lang, gateway.Check{Documents: taken}, "", user)
				for _, kind := range kinds {
					want := taken == nil || strings.Contains(fmt.Sprint(taken), kind)
					if got := strings.Contains(page, set.T(lang, "document."+kind)); got != want {
						t.Errorf("%s, %s, taken are %q: whether %s is named must be %v", lang, name, taken, kind, want)
					}
				}
			}
		}
		flow := pageOf(t, set, lang, gateway.Check{Flow: "vf_1"}, "", expired) + pageOf(t, set, lang, gateway.Check{Flow: "vf_1"}, "", store.User{AttemptsLeft: 3})
		for _, kind := range kinds {
			if strings.Contains(flow, set.T(lang, "document."+kind)) {
				t.Errorf("%s: which documents a flow takes is not known here, so none is named, and %s was", lang, kind)
			}
		}
	}
}

// Whether the face is photographed is said as far as it is known, and as a possibility only where it is one.
func TestPagesSayWhetherTheFaceIsPhotographed(t *testing.T) {
	set, _ := words(t)
	sentences := []string{"intro.camera.text", "intro.camera.selfie", "intro.camera.unknown"}
	faces := []string{"your face", "Gesicht", "visage", "お顔", "face recognition", "faciale", "顔認証"}
	for _, lang := range set.Languages() {
		for want, check := range map[string]gateway.Check{sentences[0]: {LiveCapture: true}, sentences[1]: {Selfie: true}, sentences[2]: {Flow: "vf_1", Selfie: true}} {
			page := pageOf(t, set, lang, check, "", store.User{AttemptsLeft: 3})
			for _, sentence := range sentences {
				if got := strings.Contains(page, set.T(lang, "sentences", "a", "", "b", set.T(lang, sentence))+"</li>"); got != (sentence == want) {
					t.Errorf("%s, %+v: the introduction must say %s", lang, check, want)
				}
			}
		}
		for name, user := range stands(t) {
			if strings.Contains(name, "selfie") { // a selfie was taken, before this check was chosen
				continue
			}
			for _, support := range []string{"", "mailto:help@shop.example"} {
				page := pageOf(t, set, lang, gateway.Check{}, support, user)
				for _, face := range faces {
					if strings.Contains(page, face) {
						t.Errorf("%s, %s: no face is photographed, so the page must not say %q", lang, name, face)
					}
				}
			}
		}
	}
}

// Advice about the document does not help somebody whose face was in the dark.
func TestAdviceAboutTheFace(t *testing.T) {
	set, _ := words(t)
	for _, code := range []string{"selfie_face_mismatch", "selfie_unverified_other"} {
		if _, way, _ := handlers.NextStep(code); way != "better_selfie" {
			t.Errorf("%s is about the photo of the face, and so must be the advice, got %q", code, way)
		}
	}
	for _, lang := range set.Languages() {
		if set.T(lang, "way.better_selfie") == set.T(lang, "way.better_photo") {
			t.Errorf("%s: the advice about the face must not be the one about the document", lang)
		}
	}
}

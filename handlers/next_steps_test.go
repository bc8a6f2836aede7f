package handlers_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/identity-starter/handlers"
	"example.com/identity-starter/store"
	"example.com/identity-starter/templates"
)

// stripeCodes are the error codes that stripe-go knows, read from its source, so
// that one that a later version adds cannot be forgotten; and the one that Stripe
// documents for invited accounts only.
func stripeCodes(t *testing.T) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/stripe/stripe-go/v82").Output()
	if err != nil {
		t.Fatalf("find stripe-go: %v", err)
	}
	source, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "identity_verificationsession.go"))
	if err != nil {
		t.Fatalf("read the source of stripe-go: %v", err)
	}
	constant := regexp.MustCompile(`IdentityVerificationSessionLastErrorCode\w+\s+IdentityVerificationSessionLastErrorCode\s+= "(\w+)"`)
	codes := []string{"address_mismatch"}
	for _, match := range constant.FindAllStringSubmatch(string(source), -1) {
		codes = append(codes, match[1])
	}
	if len(codes) < 20 {
		t.Fatalf("found only %d error codes in the source of stripe-go: the search no longer fits it", len(codes))
	}
	return codes
}

func words(t *testing.T) (*templates.Set, func(key string, args ...string) string) {
	t.Helper()
	set, err := templates.Load(templates.Brand{})
	if err != nil {
		t.Fatalf("load words: %v", err)
	}
	return set, func(key string, args ...string) string { return set.T("en", key, args...) }
}

// Every code of Stripe's has a next step, and words for it in every language.
func TestEveryCodeHasAStep(t *testing.T) {
	codes := stripeCodes(t)
	set, _ := words(t)
	for _, code := range codes {
		retry, way, known := handlers.NextStep(code)
		if !known || way == "" {
			t.Errorf("%s has no next step: nobody must be left without one", code)
		}
		if leadsOn := way != "contact" && way != "cannot"; known && retry != leadsOn {
			t.Errorf("%s: whether another try makes sense (%v) and the way on (%s) must fit", code, retry, way)
		}
		keys := []string{"outcome." + code + ".title", "outcome." + code + ".text", "way." + way}
		if !retry {
			keys = append(keys, "way."+way+"_neutral") // where SUPPORT_URL is not set
		}
		for _, lang := range set.Languages() {
			for _, key := range keys {
				if !set.Has(lang, key) {
					t.Errorf("%s: %s has no words", lang, key)
				}
			}
		}
	}
	for _, code := range handlers.StepCodes() {
		if !slices.Contains(codes, code) {
			t.Errorf("%s is no code of Stripe's: a typing error?", code)
		}
	}
}

// What the page offers fits what store counts: who has only walked away, or can
// try again, has a button; and no outcome is a dead end.
func TestNoOutcomeIsADeadEnd(t *testing.T) {
	_, say := words(t)
	for _, code := range append(stripeCodes(t), "some_new_code", "unknown") {
		for _, support := range []string{"", "mailto:help@shop.example"} {
			text, button := handlers.Describe(code, support, 2, say)
			for i, sentence := range text {
				if sentence == "" || strings.Contains(sentence, ".title") || strings.HasPrefix(sentence, "way.") || strings.HasPrefix(sentence, "outcome.") {
					t.Errorf("%s, SUPPORT_URL %q: sentence %d of the page is missing, got %q", code, support, i, text)
				}
			}
			retry, _, known := handlers.NextStep(code)
			free := !store.News{Failed: true, ReportID: "vr_1", Status: store.RequiresInput, ErrorCode: code}.Counts()
			if button != (retry || free || !known) {
				t.Errorf("%s: the button must be there when another try makes sense, or has cost no attempt, and for codes nobody knows, got %v", code, button)
			}
			if text, button := handlers.Describe(code, support, 0, say); button || text[2] == "" {
				t.Errorf("%s, after the last attempt: no button, but a way on, got %v, %q", code, button, text)
			}
		}
	}
	for _, code := range []string{"consent_declined", "under_supported_age", "country_not_supported"} {
		if retry, _, _ := handlers.NextStep(code); retry {
			t.Errorf("%s: the same again would end the same, so the way on is another one", code)
		}
	}
	for _, code := range []string{"abandoned", "device_not_supported"} {
		n := store.News{Failed: true, ReportID: "vr_1", Status: store.RequiresInput, ErrorCode: code}
		if retry, _, _ := handlers.NextStep(code); !retry || n.Counts() {
			t.Errorf("%s has cost no attempt, so there is another try", code)
		}
	}
}

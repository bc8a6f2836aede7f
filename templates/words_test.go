package templates_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v82"

	"example.com/identity-starter/templates"
)

func load(t *testing.T) *templates.Set {
	t.Helper()
	set, err := templates.Load(templates.Brand{})
	if err != nil {
		t.Fatalf("the embedded pages and words must load: %v", err)
	}
	return set
}

// errorCodes are all codes of the error table; statuses all states of a verification.
var (
	errorCodes = []string{
		"sign_in_required", "already_verified", "processing", "in_review", "rejected", "attempts_exhausted",
		"invalid_email", "bad_request", "too_large", "method_not_allowed", "cross_site", "wrong_host", "rate_limited",
		"stripe_rejected", "stripe_unavailable", "invalid_state", "connect_refused", "code_rejected", "outcome_unknown",
		"own_account", "wrong_mode", "account_taken", "connect_disabled", "not_found", "internal",
	}
	statuses = []string{
		"none", "started", "requires_input", "processing", "verified", "canceled", "exhausted", "in_review", "rejected", "other_browser",
	}
)

func TestThereIsAWordForEverything(t *testing.T) {
	keys := []string{
		"way.again", "way.better_photo", "way.better_selfie", "way.other_document", "way.other_document_list", "way.other_device",
		"way.contact", "way.contact_neutral", "way.contact_selfie", "way.contact_selfie_neutral",
		"intro.documents.text", "intro.documents.list", "intro.camera.text", "intro.camera.selfie", "intro.camera.unknown",
		"document.passport", "document.id_card", "document.driving_license", "sentences", "documents.two", "documents.three",
		"way.cannot", "way.cannot_neutral", "error.stripe_rejected.dev", "error.stripe_unavailable.elsewhere", "attempts.left",
	}
	for _, code := range errorCodes {
		keys = append(keys, "error."+code, "error."+code+".title", "error."+code+".next")
	}
	for _, status := range statuses {
		if status != "requires_input" { // which has the words of its code
			keys = append(keys, "state."+status+".title", "state."+status+".text")
		}
	}
	for _, code := range append(stripeCodes(t), "address_mismatch", "unknown") {
		keys = append(keys, "outcome."+code+".title", "outcome."+code+".text")
	}
	set := load(t)
	for _, lang := range set.Languages() {
		for _, key := range keys {
			if !set.Has(lang, key) {
				t.Errorf("%s lacks %s: nobody must be left without a word", lang, key)
			}
		}
	}
}

// stripeCodes are the error codes that stripe-go knows, read from its source,
// so that one that a later version adds cannot be forgotten.
func stripeCodes(t *testing.T) []string {
	t.Helper()
	known := string(stripe.IdentityVerificationSessionLastErrorCodeAbandoned)
	source, err := os.ReadFile(filepath.Join(moduleDir(t, "github.com/stripe/stripe-go/v82"), "identity_verificationsession.go"))
	if err != nil {
		t.Fatalf("read the source of stripe-go: %v", err)
	}
	constant := regexp.MustCompile(`IdentityVerificationSessionLastErrorCode\w+\s+IdentityVerificationSessionLastErrorCode\s+= "(\w+)"`)
	var codes []string
	for _, match := range constant.FindAllStringSubmatch(string(source), -1) {
		codes = append(codes, match[1])
	}
	if len(codes) < 19 || !strings.Contains(strings.Join(codes, " "), known) {
		t.Fatalf("found only %d error codes in the source of stripe-go: the search no longer fits it", len(codes))
	}
	return codes
}

func TestEveryKeyInAPageHasWords(t *testing.T) {
	set := load(t)
	use := regexp.MustCompile(`\.T "([^"]+)"`)
	names, err := filepath.Glob("*.html")
	if err != nil || len(names) == 0 {
		t.Fatalf("no pages found: %v", err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range use.FindAllStringSubmatch(string(text), -1) {
			if !set.Has("en", match[1]) {
				t.Errorf("%s uses %s, which has no words", name, match[1])
			}
		}
	}
}

// French sets a space before : ; ? ! and inside « », at which no line may break.
func TestFrenchSpaces(t *testing.T) {
	breaks := regexp.MustCompile(`[^\x{a0}\x{202f}][:;?!»]|«[^\x{a0}\x{202f}]`)
	parts, _ := filepath.Glob("../extras/*")
	for _, part := range append(parts, ".") {
		words, err := templates.ReadWords(os.DirFS(part), "")
		if err != nil {
			t.Fatal(err)
		}
		for key, sentence := range words["fr"] {
			if found := breaks.FindString(sentence); found != "" {
				t.Errorf("%s: %s needs a no-break space in %q", part, key, found)
			}
		}
	}
}

func TestTReplacesPlaceholders(t *testing.T) {
	set := load(t)
	if got, want := set.T("en", "attempts.left", "n", "2", "max", "3"), "Attempts left: 2 of 3"; got != want {
		t.Errorf("T is %q, want %q", got, want)
	}
	if got := set.T("en", "attempts.left", "n", "{max}", "max", "3"); got != "Attempts left: {max} of 3" {
		t.Errorf("T is %q: a value must never be read as a placeholder", got)
	}
	if got := set.T("en", "no.such.key"); got != "no.such.key" || set.Has("en", "no.such.key") {
		t.Errorf("an unknown key is %q, want the key itself, and Has must say so", got)
	}
	if got, want := set.T("xx", "nav.members"), set.T("en", "nav.members"); got != want {
		t.Errorf("an unknown language reads %q, want English", got)
	}
}

func TestMatch(t *testing.T) {
	set := load(t)
	for _, c := range []struct{ chosen, accept, want string }{
		{"", "", "en"},
		{"", "fr-CA,fr;q=0.9,en;q=0.8", "fr"},
		{"", "de-AT", "de"},
		{"", "ja", "ja"},
		{"", "zh-CN", "en"},
		{"", "nl, de;q=0.5", "de"},
		{"", "en-GB, fr", "en"},
		{"", ";;;,,=", "en"},
		{"", strings.Repeat("a-", 5000), "en"},
		{"", "de;q=0.5," + strings.Repeat("nl;q=0.1,", 27) + "fr;q=0.9", "de"}, // only "fr" of the last is within what is read
		{"ja", "fr", "ja"},
		{"xx", "fr", "fr"},
		{"../en", "", "en"},
	} {
		if got := set.Match(c.chosen, c.accept); got != c.want {
			t.Errorf("Match(%q, %.30q) is %q, want %q", c.chosen, c.accept, got, c.want)
		}
	}
	names, err := filepath.Glob("words/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("no words found: %v", err)
	}
	if got := set.Languages(); got[0] != "en" || len(got) != len(names) {
		t.Errorf("the languages are %s, want English first and all of %s", got, names)
	}
}

func TestDate(t *testing.T) {
	set := load(t)
	at := time.Date(2026, time.March, 1, 23, 4, 5, 0, time.FixedZone("", -3600))
	first := time.Date(2026, time.March, 1, 9, 4, 5, 0, time.UTC)
	for lang, want := range map[string][2]string{
		"en": {"2 March 2026, 00:04 (UTC)", "1 March 2026, 09:04 (UTC)"},
		"fr": {"2 mars 2026 à 00:04 (UTC)", "1er mars 2026 à 09:04 (UTC)"},
		"de": {"2. März 2026, 00:04 Uhr (UTC)", "1. März 2026, 09:04 Uhr (UTC)"},
		"ja": {"2026年3月2日 00:04（UTC）", "2026年3月1日 09:04（UTC）"},
	} {
		if got := [2]string{set.Date(lang, at), set.Date(lang, first)}; got != want {
			t.Errorf("dates in %s are %q, want %q", lang, got, want)
		}
	}
}

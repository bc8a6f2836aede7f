package tests

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"example.com/identity-starter/stripesim"
)

// A value is taken from .env as it was written, or the program says what to do and does
// not start: one who meant a password would look for the mistake for hours.
func TestDollarInDotenv(t *testing.T) {
	for line, taken := range map[string]string{`APP_NAME=Cash$Flow`: "", `APP_NAME="Cash$Flow"`: "", `APP_NAME='Cash$Flow'`: "Cash$Flow", `APP_NAME="Cash\$Flow"`: "Cash$Flow",
		"APP_NAME=Cash # Flow": "", "APP_NAME=Cash#Flow": "Cash#Flow", "APP_NAME='Cash # Flow'": "Cash # Flow", "TEAM_KEY=Cash$Flow": "", "POSTGRES_PASSWORD=Cash$Flow": "Identity starter"} {
		name, _, _ := strings.Cut(line, "=")
		got := Execute(t, WriteDotenv(t, line+"\n"), nil, Enough()...)
		switch {
		case taken != "" && (!got.Started || !strings.HasPrefix(got.Stdout, taken+", test mode\n")):
			t.Errorf("%s must be taken as it is written, got %d\n%s%s", line, got.Code, got.Stdout, got.Stderr)
		case taken == "" && (got.Started || got.Code != 1 || !strings.HasPrefix(got.Stderr, name+": has a ") || !strings.Contains(got.Stderr, "single quotes") || strings.Contains(got.Stderr, "Flow")):
			t.Errorf("%s must be refused with what to do, unquoted, got %d\n%s%s", line, got.Code, got.Stdout, got.Stderr)
		}
	}
}

// A name in .env that looks like a setting is not passed over: whoever wrote it believes
// that it holds.
func TestMisspelledName(t *testing.T) {
	sim, err := stripesim.Start(stripesim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	env := append(Enough(), "STRIPE_API_BASE="+sim.URL())
	folder := WriteDotenv(t, "REQUIRE_MATCHING_SELFY=true\nCOMPOSE_PROJECT_NAME=marker\nSTRIPE_SECRET_KEYS=marker\nAPP_NAME=One\nAPP_NAME=Two\n")
	lines := []string{"APP_NAME: stands in .env more than once", "REQUIRE_MATCHING_SELFY: stands in .env, but no setting has this name: write REQUIRE_MATCHING_SELFIE,",
		"STRIPE_SECRET_KEYS: stands in .env, but no setting has this name: write STRIPE_SECRET_KEY,"}
	told := func(who, out, before string) {
		t.Helper()
		for _, line := range lines {
			if !strings.Contains("\n"+out, "\n"+before+line) {
				t.Errorf("%s must say %q, got\n%s", who, before+line, out)
			}
		}
		if strings.Contains(out, "marker") || strings.Contains(out, "COMPOSE") || strings.Contains(out, "complete, each") {
			t.Errorf("%s must leave others' names alone, show no value, and not say that all is well, got\n%s", who, out)
		}
	}
	start := Execute(t, folder, nil, env...)
	if !start.Started || start.Code != 0 {
		t.Fatalf("the program must start all the same, got %d\n%s%s", start.Code, start.Stdout, start.Stderr)
	}
	told("the start", start.Stdout, "  WARN       ")
	doctor := Execute(t, folder, []string{"doctor"}, env...)
	if doctor.Code != 0 {
		t.Errorf("it must be no failure, got %d\n%s", doctor.Code, doctor.Stdout)
	}
	told("the doctor", doctor.Stdout, "WARN  settings: ")
	refused := Execute(t, folder, nil, slices.Concat(env, []string{"STRIPE_SECRET_KEY="})...)
	if refused.Started || refused.Code != 1 || !strings.HasPrefix(refused.Stderr, "STRIPE_SECRET_KEY: is not set") || !strings.HasSuffix(refused.Stderr, "go run ./demo\n") {
		t.Errorf("without a key the program must not start, and name the demo last, got %d\n%s", refused.Code, refused.Stderr)
	}
	told("the refusal", refused.Stderr, "")
}

// The usual ways in which a file or an environment is not what it looks like are named.
func TestSettingsThatAreNotWhatTheyLookLike(t *testing.T) {
	good := strings.Join(Enough(), "\n") + "\n"
	wide := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(good)) {
		wide = append(wide, byte(unit), byte(unit>>8))
	}
	for name, c := range map[string]struct {
		file string
		env  []string
		want []string
	}{
		"an .env of PowerShell's":     {string(wide), nil, []string{".env: ", "UTF-8", "PowerShell"}},
		"a variable set to nothing":   {good, []string{"STRIPE_SECRET_KEY="}, []string{"STRIPE_SECRET_KEY: is not set", "in the environment", "hides the value", "unset it"}},
		"quotes that docker leaves":   {good, []string{`STRIPE_SECRET_KEY="sk_test_marker"`}, []string{"STRIPE_SECRET_KEY: has quotes", "docker --env-file", "remove them"}},
		"a comment that docker takes": {good, []string{"LOG_LEVEL=info # why"}, []string{"LOG_LEVEL: must be", "has a #", "docker --env-file", "a line of its own"}},
		"a line without a name":       {good + "\nsk_test_marker", nil, []string{".env: ", "line 5", "NAME=value"}},
	} {
		got := Execute(t, WriteDotenv(t, c.file), nil, c.env...)
		for _, part := range c.want {
			if got.Started || got.Code != 1 || !strings.Contains(got.Stderr, part) || strings.Contains(got.Stderr, "marker") {
				t.Errorf("%s must be refused with %q, unquoted, got %d\n%s%s", name, part, got.Code, got.Stdout, got.Stderr)
			}
		}
	}
}

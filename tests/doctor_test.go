package tests

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/identity-starter/app"
	"example.com/identity-starter/extras"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/stripesim"
)

func TestDoctor(t *testing.T) {
	sim, err := stripesim.Start(stripesim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	good := []string{"STRIPE_SECRET_KEY=sk_test_simulator", "STRIPE_WEBHOOK_SECRET=whsec_simulator", "STRIPE_API_BASE=" + sim.URL()}
	folder := WriteDotenv(t, strings.Join(good, "\n")+"\n")
	got := Execute(t, folder, []string{"doctor"})
	if got.Started || got.Code != 0 || got.Stderr != "" || strings.Contains(got.Stdout, "FAIL") || !strings.Contains(got.Stdout, "acct_simulator_platform") {
		t.Errorf("doctor must print a line for each check, and end with 0 without a FAIL, got %d\n%s%s", got.Code, got.Stdout, got.Stderr)
	}
	got = Execute(t, folder, []string{"doctor"}, "BASE_URL=marker/marker", "MAX_VERIFICATION_ATTEMPTS=marker")
	if got.Code != 1 || !strings.Contains(got.Stderr, "2 checks failed") || strings.Contains(got.Stdout, "marker") {
		t.Errorf("with wrong settings doctor must say so, quote none, and end with 1, got %d\n%s%s", got.Code, got.Stdout, got.Stderr)
	}
	for _, part := range []string{"FAIL  settings: BASE_URL", "FAIL  settings: MAX_VERIFICATION_ATTEMPTS", "PASS  key"} {
		if !strings.Contains(got.Stdout, part) {
			t.Errorf("doctor must go on after a wrong setting and say %q, got\n%s", part, got.Stdout)
		}
	}
	got = Execute(t, WriteDotenv(t, "a marker\n"), []string{"doctor"}, good...)
	if got.Code != 1 || !strings.Contains(got.Stdout, "FAIL  settings: .env: does not parse") || !strings.Contains(got.Stdout, "PASS  key") {
		t.Errorf("doctor must work with a .env that does not parse, got %d\n%s%s", got.Code, got.Stdout, got.Stderr)
	}
	got = Execute(t, WriteDotenv(t, "STRIPE_SECRET_KEY sk_test_simulator\n"), []string{"doctor"})
	if got.Code != 1 || strings.Contains(got.Stdout, "is not set:") {
		t.Errorf("of what may be in a .env that does not parse the doctor must not say that it is not set, got %d\n%s", got.Code, got.Stdout)
	}
}

// What is relied on is tried with a test key alone, and told in a file of its own, which names nothing.
func TestDoctorTries(t *testing.T) {
	sim, err := stripesim.Start(stripesim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	folder := WriteDotenv(t, "STRIPE_SECRET_KEY=sk_test_simulator\nSTRIPE_WEBHOOK_SECRET=whsec_simulator\nSTRIPE_CLIENT_ID=ca_simulator\nSTRIPE_API_BASE="+
		sim.URL()+"\nSTRIPE_CONNECT_BASE="+sim.ConnectURL()+"\n")
	args := []string{"doctor", "-report", "tried.txt", "-try"}
	got := Execute(t, folder, args, "STRIPE_SECRET_KEY=rk_live_marker", "BASE_URL=https://verify.example.com")
	if got.Code != 1 || got.Stdout != "" || !strings.Contains(got.Stderr, "needs a test key") || len(sim.Requests()) != 0 {
		t.Errorf("with a live key nothing may be asked, nor written, got %d\n%s%s", got.Code, got.Stdout, got.Stderr)
	}
	got = Execute(t, folder, args)
	report := Read(t, filepath.Join(folder, "tried.txt"))
	if got.Code != 0 || got.Stderr != "" || !strings.Contains(got.Stdout, "PASS  try create: ") || !strings.Contains(report, "PASS  try clean up: ") {
		t.Errorf("all must be as it is relied on, on standard output and in the file, got %d\n%s%s%s", got.Code, got.Stdout, got.Stderr, report)
	}
	if len(sim.Sessions()) == 0 || strings.Contains(report, sim.Sessions()[0].ID) || strings.Contains(report, "simulator") {
		t.Errorf("sessions must be made, and nothing be named in the file, got\n%s", report)
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 2 {
		t.Errorf("nothing may be recorded here: .env and the report, got %v %v", files, err)
	}
	asked := len(sim.Requests())
	if got = Execute(t, folder, args); got.Code != 1 || !strings.Contains(got.Stderr, "not there yet") || Read(t, filepath.Join(folder, "tried.txt")) != report || len(sim.Requests()) != asked {
		t.Errorf("a file that is there must not be written over, and nothing be asked, got %d\n%s", got.Code, got.Stderr)
	}
	for _, wrong := range [][]string{{"doctor", "-report", "x"}, {"doctor", "-try", "-report"}, {"doctor", "-try", "x"}} {
		if got = Execute(t, folder, wrong); got.Code != 1 || !strings.Contains(got.Stderr, "usage: go run . doctor [-try] [-report FILE]") || len(sim.Requests()) != asked {
			t.Errorf("%q must be refused with how it is used, got %d\n%s", wrong, got.Code, got.Stderr)
		}
	}
}

// The key is for Stripe, or for a Stripe on this machine, and for nobody else.
func TestDoctorSendsNoKeyElsewhere(t *testing.T) {
	got := Execute(t, t.TempDir(), []string{"doctor"}, "STRIPE_SECRET_KEY=sk_test_marker", "STRIPE_WEBHOOK_SECRET=whsec_simulator",
		"STRIPE_API_BASE=http://stripe.example.com")
	if got.Code != 1 || !strings.Contains(got.Stdout, "Stripe was not asked") || strings.Contains(got.Stdout+got.Stderr, "marker") {
		t.Errorf("with a wrong STRIPE_API_BASE Stripe must not be asked, got %d\n%s%s", got.Code, got.Stdout, got.Stderr)
	}
}

// What becomes of refresh tokens is said, and the key is not.
func TestDoctorSaysWhetherTokensAreKept(t *testing.T) {
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	for setting, want := range map[string]string{"": "refresh tokens are not kept", key: "refresh tokens are kept, sealed"} {
		a := Start(t, "TOKEN_KEY="+setting)
		a.Announces(t, strings.Replace(strings.TrimSuffix(want, ", sealed"), "are ", "", 1)+", redirect URI")
		if out := a.doctor(); !strings.Contains(out, want) || setting != "" && strings.Contains(out+a.Out.String(), key) {
			t.Errorf("doctor must say %q, and no key, got\n%s", want, out)
		}
	}
}

// Each part that can be turned on has a line.
func TestDoctorNamesEachExtra(t *testing.T) {
	got := StartTeam(t, With(some...)).doctor()
	for _, want := range []string{"PASS  one (ONE_URL): off\n", "WARN  two (TWO): on, a bit (nobody can read it)\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("doctor must say %q, got\n%s", want, got)
		}
	}
}

// Nothing is called well that follows from a setting that is wrong, or from a file that could not be read.
func TestDoctorKnowsWhatIsNotKnown(t *testing.T) {
	var wants extras.New = func(p extras.Program) extras.Extra {
		p.Settings.Number("WANTS_URL", 0, 1, 9)
		return extras.Extra{Name: "wants", State: "on", Setting: "WANTS_URL"}
	}
	var decides extras.New = func(p extras.Program) extras.Extra {
		return extras.Extra{Name: "decides", State: "on", Setting: "DECIDES", Decide: func(*extras.Extra) { p.Settings.Bool("DECIDES") }}
	}
	a := StartTeam(t, With(append(extras.List{wants, decides}, some...)...))
	known := []string{"  connect: ", "  wants (", "  decides (", "  one (", "  two ("}
	for setting, unknown := range map[string][]string{"WANTS_URL=x": {"  wants ("}, "DECIDES=x": {"  decides ("}, "STRIPE_CLIENT_ID=acct_1": {"  connect: "},
		"TOKEN_KEY=x": {"  connect: "}, "LOG_LEVEL=x": nil} {
		a.Set(setting)
		out := a.doctor()
		for _, part := range known {
			if strings.Contains(out, part) == slices.Contains(unknown, part) {
				t.Errorf("%s: %q may be told if it is known, and only then, got\n%s", setting, part, out)
			}
		}
		name, _, _ := strings.Cut(setting, "=")
		delete(a.Settings, name)
	}
	r, _ := settings.Dotenv(filepath.Join(WriteDotenv(t, "no setting\n"), ".env"), func(string) (string, bool) { return "", false })
	out := NewOutput()
	if err := app.Run(t.Context(), []string{"doctor"}, r, a.Team, out); err == nil || !strings.Contains(out.String(), ".env: does not parse") ||
		slices.ContainsFunc(known, func(part string) bool { return strings.Contains(out.String(), part) }) {
		t.Errorf("a file that cannot be read might turn on what is off, got\n%s", out)
	}
}

// doctor is what the doctor prints with the program's settings.
func (a *App) doctor() string {
	a.T.Helper()
	out, _ := a.Command("doctor") // other lines may fail here
	return out
}

package tests

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"example.com/identity-starter/app"
)

// AsProgram turns this test binary into the program itself, so that main, its
// .env file, its standard error and its exit code can be tested.
const AsProgram = "IDENTITY_STARTER_TEST_AS_PROGRAM"

// Main is the TestMain of a package whose tests Execute the program.
func Main(m *testing.M, team app.NewTeam) {
	if os.Getenv(AsProgram) != "" {
		app.Main(team)
		os.Exit(0)
	}
	// Tests that run at the same time wait more than they work; -parallel has the last word.
	if err := flag.Set("test.parallel", "12"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// Ended is how a run of the program went.
type Ended struct {
	Stdout, Stderr string
	Code           int
	Started        bool // it said where to open it, and was interrupted then
}

// Execute runs the program in a folder with these environment variables and nothing else.
func Execute(t *testing.T, folder string, args []string, env ...string) Ended {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr := NewOutput(), NewOutput()
	command := exec.CommandContext(t.Context(), binary, args...)
	command.Dir, command.Stdout, command.Stderr = folder, stdout, stderr
	command.Env = append(env, AsProgram+"=1")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- command.Wait() }()
	result, limit := Ended{}, time.After(20*time.Second)
	for {
		if !result.Started && Opened.MatchString(stdout.String()) {
			result.Started = true
			if err := command.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case <-stdout.seen:
			continue
		case err = <-done:
		case <-limit:
			t.Fatalf("the program neither started nor ended; it said:\n%s%s", stdout, stderr)
		}
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		result.Stdout, result.Stderr, result.Code = stdout.String(), stderr.String(), command.ProcessState.ExitCode()
		return result
	}
}

// Enough are the settings without which the program does not start, and a free port.
func Enough() []string {
	return []string{"STRIPE_SECRET_KEY=sk_test_simulator", "STRIPE_WEBHOOK_SECRET=whsec_simulator", "ADDR=localhost:0"}
}

// WriteDotenv makes a folder with a .env file in it.
func WriteDotenv(t *testing.T, content string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, ".env"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

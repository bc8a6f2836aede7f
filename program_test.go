package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// asProgram turns this test binary into the program itself, so that main, its
// .env file, its standard error and its exit code can be tested.
const asProgram = "IDENTITY_STARTER_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// ended is how a run of the program went.
type ended struct {
	stdout, stderr string
	code           int
	started        bool // it said where to open it, and was interrupted then
}

// execute runs the program in a folder with these environment variables and nothing else.
func execute(t *testing.T, folder string, args []string, env ...string) ended {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr := &output{seen: make(chan struct{}, 1)}, &output{seen: make(chan struct{}, 1)}
	command := exec.CommandContext(t.Context(), binary, args...)
	command.Dir, command.Stdout, command.Stderr = folder, stdout, stderr
	command.Env = append(env, asProgram+"=1")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- command.Wait() }()
	result, limit := ended{}, time.After(20*time.Second)
	for {
		if !result.started && opened.MatchString(stdout.String()) {
			result.started = true
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
		result.stdout, result.stderr, result.code = stdout.String(), stderr.String(), command.ProcessState.ExitCode()
		return result
	}
}

// enough are the settings without which the program does not start, and a free port.
func enough() []string {
	return []string{"STRIPE_SECRET_KEY=sk_test_simulator", "STRIPE_WEBHOOK_SECRET=whsec_simulator", "ADDR=localhost:0"}
}

func TestStartAndStop(t *testing.T) {
	folder := t.TempDir()
	got := execute(t, folder, nil, enough()...)
	if !got.started || got.code != 0 || got.stderr != "" {
		t.Fatalf("the program must start with two settings, and end with 0 on Ctrl-C, got %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	for _, secret := range []string{"sk_test", "whsec_"} {
		if strings.Contains(got.stdout, secret) {
			t.Errorf("the start must name no secret, got\n%s", got.stdout)
		}
	}
	for _, part := range []string{"test mode", "anonymous", "3 failed checks", "connect    off", "stripe listen --forward-to localhost:", "/dev: "} {
		if !strings.Contains(got.stdout, part) {
			t.Errorf("the start must say what is on and what to do next: %q is missing in\n%s", part, got.stdout)
		}
	}
	if _, err := os.Stat(filepath.Join(folder, "starter.db")); err != nil {
		t.Errorf("by default the database must be starter.db in the folder: %v", err)
	}
}

func TestStartWithNothing(t *testing.T) {
	folder := t.TempDir()
	got := execute(t, folder, nil)
	lines := strings.Split(strings.TrimSpace(got.stderr), "\n")
	if got.started || got.code != 1 || got.stdout != "" || len(lines) != 3 {
		t.Fatalf("without settings the program must list on standard error what is missing, and end with 1, got %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	for i, part := range []string{"STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "go run ./demo"} {
		if !strings.Contains(lines[i], part) {
			t.Errorf("line %d must name %s, got %q", i+1, part, lines[i])
		}
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 0 {
		t.Errorf("nothing may be started, but there are files: %v %v", files, err)
	}
}

func TestUnknownCommand(t *testing.T) {
	got := execute(t, t.TempDir(), []string{"marker"}, enough()...)
	if got.started || got.code != 1 || !strings.Contains(got.stderr, "usage") {
		t.Errorf("an unknown command must end with 1 and say how to use the program, got %d\n%s%s", got.code, got.stdout, got.stderr)
	}
}

// writeDotenv makes a folder with a .env file in it.
func writeDotenv(t *testing.T, content string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, ".env"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestDotenvInTheWorkingDirectory(t *testing.T) {
	file := "\xef\xbb\xbf" + strings.Join(enough(), "\r\n") + "\r\nAPP_NAME=From file\r\nBASE_URL=nonsense\r\n"
	got := execute(t, writeDotenv(t, file), nil, "BASE_URL=http://localhost:4242")
	if !got.started || got.code != 0 || !strings.Contains(got.stdout, "From file") {
		t.Errorf("the program must read .env, below the environment, got %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	got = execute(t, writeDotenv(t, "STRIPE_SECRET_KEY sk_test_marker\n"), nil, enough()...)
	if got.started || got.code != 1 || !strings.HasPrefix(got.stderr, ".env: ") || strings.Contains(got.stderr, "marker") {
		t.Errorf("a .env that does not parse must stop the program, unquoted, got %d\n%s%s", got.code, got.stdout, got.stderr)
	}
}

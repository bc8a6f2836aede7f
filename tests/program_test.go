package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMain(m *testing.M) { Main(m, telling) }

func TestStartAndStop(t *testing.T) {
	folder := t.TempDir()
	got := Execute(t, folder, nil, Enough()...)
	if !got.Started || got.Code != 0 || got.Stderr != "" {
		t.Fatalf("the program must start with two settings, and end with 0 on Ctrl-C, got %d\n%s%s", got.Code, got.Stdout, got.Stderr)
	}
	for _, secret := range []string{"sk_test", "whsec_"} {
		if strings.Contains(got.Stdout, secret) {
			t.Errorf("the start must name no secret, got\n%s", got.Stdout)
		}
	}
	for _, part := range []string{"test mode", "anonymous", "3 failed checks", "connect    off", "stripe listen --forward-to localhost:", "/webhook --events " + ProcessingEvent + ",",
		"level=INFO msg=\"stopping: "} {
		if !strings.Contains(got.Stdout, part) {
			t.Errorf("the start must say what is on and what to do next: %q is missing in\n%s", part, got.Stdout)
		}
	}
	if _, err := os.Stat(filepath.Join(folder, "starter.db")); err != nil {
		t.Errorf("by default the database must be starter.db in the folder: %v", err)
	}
}

func TestStartWithNothing(t *testing.T) {
	folder := t.TempDir()
	got := Execute(t, folder, nil)
	lines := strings.Split(strings.TrimSpace(got.Stderr), "\n")
	if got.Started || got.Code != 1 || got.Stdout != "" || len(lines) != 3 {
		t.Fatalf("without settings the program must list on standard error what is missing, and end with 1, got %d\n%s%s", got.Code, got.Stdout, got.Stderr)
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

func TestDotenvInTheWorkingDirectory(t *testing.T) {
	file := "\xef\xbb\xbf" + strings.Join(Enough(), "\r\n") + "\r\nAPP_NAME=From file\r\nBASE_URL=nonsense\r\n"
	got := Execute(t, WriteDotenv(t, file), nil, "BASE_URL=http://localhost:4242")
	if !got.Started || got.Code != 0 || !strings.Contains(got.Stdout, "From file") {
		t.Errorf("the program must read .env, below the environment, got %d\n%s%s", got.Code, got.Stdout, got.Stderr)
	}
	got = Execute(t, WriteDotenv(t, "STRIPE_SECRET_KEY sk_test_marker\n"), nil, Enough()...)
	if got.Started || got.Code != 1 || !strings.HasPrefix(got.Stderr, ".env: ") || strings.Contains(got.Stderr, "marker") {
		t.Errorf("a .env that does not parse must stop the program, unquoted, got %d\n%s%s", got.Code, got.Stdout, got.Stderr)
	}
}

package main_test

import (
	"bufio"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/extras"
	"example.com/identity-starter/extras/review"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/settings"
)

// What the demo reads: settings that turn the extra on, what people are told, an empty
// line. Then it stays until nobody needs it any more.
func TestDemo(t *testing.T) {
	program := filepath.Join(t.TempDir(), "demo")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	first, second := run(t, program), run(t, program)
	name, value, _ := strings.Cut(first[0], "=")
	e := review.New(extras.Program{Mode: func() handlers.Mode { return handlers.AnonymousUsers }, Settings: settings.New(func(asked string) string {
		return map[string]string{name: value}[asked]
	})}).Decided()
	if e.Setting != name || e.State != "on (1 reviewer)" {
		t.Errorf("the first line must be what turns the extra on, got %q: %s", first[0], e.State)
	}
	reviewer, password, _ := strings.Cut(value, ":")
	told := strings.Join(first[1:], "\n")
	if !strings.Contains(told, "{base}/review-login") || !strings.Contains(told, "name "+reviewer+", password "+password) {
		t.Errorf("people must be told where and how to sign in, got\n%s", told)
	}
	if regexp.MustCompile(`(?m)^[A-Z_]+=`).MatchString(told) {
		t.Errorf("behind the settings there must be none, got\n%s", told)
	}
	if first[0] == second[0] {
		t.Error("the password must be another one each time")
	}
}

// run starts the program, reads what it says until the empty line, and lets it end.
func run(t *testing.T, program string) (lines []string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), program)
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(stdout)
	for said.Scan() && said.Text() != "" {
		lines = append(lines, said.Text())
	}
	ended := make(chan string, 1)
	go func() { rest, _ := io.ReadAll(stdout); ended <- string(rest) }()
	select {
	case <-ended:
		t.Error("it must not end before its standard input does")
	case <-time.After(100 * time.Millisecond):
	}
	_ = stdin.Close()
	select {
	case rest := <-ended:
		if err := command.Wait(); err != nil || rest != "" || len(lines) == 0 {
			t.Errorf("it must end with its standard input, and say nothing more, got %q %q, %v", lines, rest, err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it must end with its standard input")
	}
	return lines
}

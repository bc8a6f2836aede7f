package e2e_test

import (
	"bufio"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// accompany starts what an extra has for the demo, and returns the settings for it and
// the address of its page.
func accompany(t *testing.T, extra string) (settings []string, page string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), extra+".exe")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./extras/"+extra+"/demo")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build what %s has for the demo: %v\n%s", extra, err, out)
	}
	command := exec.Command(program)
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
	t.Cleanup(func() { _ = stdin.Close(); _ = command.Wait() }) // it ends with its input
	for lines := bufio.NewScanner(stdout); lines.Scan() && lines.Text() != ""; {
		line := strings.TrimSpace(lines.Text())
		if strings.HasPrefix(line, "http://") {
			page = line
		} else if strings.Contains(line, "=") {
			settings = append(settings, line)
		}
	}
	return settings, page
}

// A person gives an address, fails, and finds in the demo's
// mailbox that there is news.
func TestMailbox(t *testing.T) {
	t.Parallel()
	needs(t, "mail")
	settings, box := accompany(t, "mail")
	person(t, box).open("/").wait("the empty mailbox", `document.body.textContent.includes("none yet")`).look("mailbox-empty")

	a := start(t, settings...)
	p := a.person(t).open("/").state("none")
	p.look("asks-for-address")
	p.click("#email").keys("person@example.test").toStripe().outcome("document_expired").state("requires_input")
	mails := person(t, box)
	wait(t, "the mail arrives", func() bool {
		mails.open("/")
		return get[bool](mails, `document.body.textContent.includes("person@example.test")`)
	}, a.out.String)
	mails.wait("the mail as text and as it looks, with its button", `document.body.textContent.includes("`+a.url+`/verification.html") &&
		document.querySelector("iframe").contentDocument.querySelector("a.button")?.href === "`+a.url+`/verification.html"`).look("mailbox")
}

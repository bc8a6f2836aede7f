package main_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/team"
)

// A newcomer starts the demo and clicks through it: verifies once, fails three
// times and is stopped, connects, is refused, disconnects. Stopping the demo stops both.
func TestDemo(t *testing.T) {
	address, mails, password, stop := startDemo(t)
	has := func(extra string) bool { return slices.Contains(team.Extras.Names(), extra) }

	person := newPerson(t)
	person.open(address)
	page := person.submit(address, "/create-verification-session", nil) // lands on Stripe's page
	page = person.submit(page.address, "", url.Values{"outcome": {"verified"}})
	person.waitFor(address, "You are verified") // the name is compared first
	person.open(address+"/members").shows(t, "Welcome")

	other := newPerson(t)
	other.open(address)
	page = other.submit(address, "/create-verification-session", nil)
	other.submit(page.address, "", url.Values{"outcome": {"verified_other_name"}})
	if has("compare") {
		other.waitFor(address, "A person is looking at your verification")
	} else {
		other.waitFor(address, "You are verified")
	}

	clumsy := newPerson(t)
	clumsy.open(address)
	for range 3 {
		page = clumsy.submit(address, "/create-verification-session", url.Values{"email": {"clumsy@example.com"}})
		page = clumsy.submit(page.address, "", url.Values{"outcome": {"document_expired"}})
	}
	page.shows(t, "No attempts left")
	clumsy.submit(address, "/create-verification-session", nil).shows(t, "No attempts left")

	if has("review") {
		decide(t, address, password, clumsy)
	}
	if has("mail") {
		readMail(t, mails)
	}

	page = person.submit(address, "/connect/authorize", nil)
	page = person.submit(page.address, "", url.Values{"account": {"acct_kiosk_nord"}})
	page.shows(t, "Kiosk Nord")
	page = person.submit(address, "/connect/accounts/acct_kiosk_nord/disconnect", nil)
	page.shows(t, "No account is connected")
	page = person.submit(address, "/connect/authorize", nil)
	person.submit(page.address, "", url.Values{"account": {"deny"}}).shows(t, "Nothing was connected")

	stop()
	if _, err := http.Get(address + "/healthz"); err == nil {
		t.Error("stopping the demo must stop the program that it has started")
	}
}

// decide is what a reviewer does about the person who has just failed.
func decide(t *testing.T, address, password string, clumsy person) {
	t.Helper()
	reviewer := newPerson(t)
	review := strings.Replace(address, "http://", "http://reviewer:"+password+"@", 1) + "/review"
	newest := regexp.MustCompile(`href="/review(/person\?user=([^"]+))">.*\n.*document_expired`).FindStringSubmatch(reviewer.open(review).text)
	if newest == nil {
		t.Fatal("the reviewers' list must have the person who has just failed")
	}
	var answer page
	for try := 0; try == 0 || try < 5 && strings.Contains(answer.text, "Something has changed"); try++ { // the session is being closed
		looked := reviewer.open(review + newest[1])
		looked.shows(t, "document_expired")
		seen := regexp.MustCompile(`name="seen" value="([^"]+)"`).FindStringSubmatch(looked.text)
		if seen == nil {
			t.Fatal("a person's page must say what of the person it shows")
		}
		answer = reviewer.submit(review, "/person", url.Values{"user": {newest[2]}, "seen": {seen[1]}, "decision": {"approve"}, "reason": {"known here"}})
	}
	answer.shows(t, "The decision is written")
	clumsy.open(address).shows(t, "You are verified")
}

// readMail looks into the mailbox until the news to that person is there.
func readMail(t *testing.T, mails string) {
	t.Helper()
	reader := newPerson(t)
	tick, limit := time.NewTicker(50*time.Millisecond), time.After(20*time.Second)
	defer tick.Stop()
	page := reader.open(mails)
	for ; !strings.Contains(page.text, "News about your verification"); page = reader.open(mails) {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal("the mailbox must show what was sent")
		}
	}
	page.shows(t, "clumsy@example.com")
}

// startDemo builds and starts the demo and returns the address that it prints last,
// that of the mailbox, and the reviewer's password.
func startDemo(t *testing.T) (address, mails, password string, stop func()) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "demo")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("the demo must build: %v\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute) // SQLite may have to be compiled
	command := exec.CommandContext(ctx, binary)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 10 * time.Second
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	stop = func() {
		cancel()
		<-ended
	}
	t.Cleanup(stop)
	lines := bufio.NewScanner(out)
	secret := regexp.MustCompile(`password (\S+)$`)
	for last := ""; address == "" && lines.Scan(); last = lines.Text() {
		if m := secret.FindStringSubmatch(lines.Text()); m != nil {
			password = m[1]
		}
		if strings.HasPrefix(last, "The mailbox") {
			mails = strings.TrimSpace(lines.Text())
		}
		if strings.HasSuffix(last, "Open this:") {
			address = strings.TrimSpace(lines.Text())
		}
	}
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, out)
		_ = command.Wait() // ends by a signal
	}()
	return address, mails, password, stop
}

// person is a browser: it keeps cookies and follows redirects.
type person struct {
	t      *testing.T
	client *http.Client
}

func newPerson(t *testing.T) person {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return person{t, &http.Client{Jar: jar, Timeout: 20 * time.Second}}
}

// page is where the person has landed.
type page struct{ address, text string }

func (p page) shows(t *testing.T, text string) {
	t.Helper()
	if !strings.Contains(p.text, text) {
		t.Fatalf("the page at %s must show %q:\n%s", p.address, text, p.text)
	}
}

func (p person) open(address string) page { p.t.Helper(); return p.do("GET", address, nil) }

// waitFor opens a page again until it shows the text.
func (p person) waitFor(address, text string) {
	p.t.Helper()
	tick, limit := time.NewTicker(20*time.Millisecond), time.After(20*time.Second)
	defer tick.Stop()
	for {
		got := p.open(address)
		if strings.Contains(got.text, text) {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			got.shows(p.t, text)
			return
		}
	}
}

// submit sends a form of the page at address; an empty action is the page's own.
func (p person) submit(address, action string, form url.Values) page {
	p.t.Helper()
	return p.do("POST", address+action, form)
}

func (p person) do(method, address string, form url.Values) page {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Accept", "text/html")
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := p.client.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return page{response.Request.URL.String(), fmt.Sprintf("%d\n%s", response.StatusCode, body)}
}

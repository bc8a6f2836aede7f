//go:build beside

// These tests run the examples of docs/beside, each a product in its language, beside the program.
// .ci/beside gets the languages, and says where Node finds its library.

package docs_test

import (
	"encoding/base64"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
	"example.com/identity-starter/team"
	"example.com/identity-starter/tests"
)

// examples are the commands that run them.
var examples = map[string]string{"receive.js": "node", "receive.py": "python3", "receive.rb": "ruby", "receive.php": "php -S ADDRESS"}

const (
	apiToken = "a-token-of-words-for-the-examples"
	webhooks = "/webhooks/identity"
)

var notifyKey = []byte("twenty-four bytes or more")

// beside is the program, and a product that each of them tells the other.
type beside struct {
	*tests.App
	*tests.Browser // a user of the product
	file, secret   string
	folder         string        // where the product keeps what it has seen
	said           *tests.Output // by the product
}

// startBeside starts the program; run starts the product.
func startBeside(t *testing.T, file string, settings ...string) *beside {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	product, secret := "http://"+free.Addr().String(), "whsec_"+base64.StdEncoding.EncodeToString(notifyKey)
	_ = free.Close()
	a := tests.StartTeam(t, tests.With(team.Extras...), append(settings, "API_TOKEN="+apiToken, "API_RETURN_URL="+product+"/members",
		"NOTIFY_URL="+product+webhooks, "NOTIFY_SECRET="+secret)...)
	b := &beside{a, a.Browser(), file, secret, t.TempDir(), tests.NewOutput()}
	b.Base = product
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s said:\n%s", file, b.said)
		}
	})
	return b
}

// start starts the product (again), and waits until it listens or has ended.
func (b *beside) start() (ended chan struct{}, end func()) {
	t, address := b.App.T, strings.TrimPrefix(b.Base, "http://")
	t.Helper()
	path, err := filepath.Abs(filepath.Join("beside", b.file))
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(address)
	line := append(strings.Fields(strings.ReplaceAll(examples[b.file], "ADDRESS", address)), path)
	c := exec.CommandContext(t.Context(), line[0], line[1:]...)
	c.Dir, c.Stdout, c.Stderr = b.folder, b.said, b.said
	c.Env = append(os.Environ(), "IDENTITY_URL="+b.App.URL, "API_TOKEN="+apiToken, "NOTIFY_SECRET="+b.secret, "PORT="+port)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended = make(chan struct{})
	go func() { _ = c.Wait(); close(ended) }()
	end = func() {
		_ = c.Process.Kill()
		<-ended
	}
	t.Cleanup(end)
	tests.Eventually(t, b.file+" listens", func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil || isClosed(ended)
	})
	return ended, end
}

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// run starts the product (again), which goes on running.
func (b *beside) run() (end func()) {
	b.App.T.Helper()
	ended, end := b.start()
	if isClosed(ended) {
		b.App.T.Fatalf("%s must not end", b.file)
	}
	return end
}

// expect checks an answer of the product.
func (b *beside) expect(what string, got tests.Answer, status int, text string) {
	b.App.T.Helper()
	if got.Status != status || !strings.Contains(got.Body+got.Location, text) {
		b.App.T.Errorf("%s: the product must answer %d %q, got %d %s%s", what, status, text, got.Status, got.Body, got.Location)
	}
}

// told waits until the product has acted on so many webhooks with the text.
func (b *beside) told(text string, times int) {
	b.App.T.Helper()
	tests.Eventually(b.App.T, fmt.Sprintf("the product acts %d times on %s", times, text), func() bool {
		return strings.Count(b.said.String(), text) == times
	})
}

// Whoever clicks in the product is verified at Stripe, comes back to the product, and is served there.
func TestBeside(t *testing.T) {
	for file := range examples {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			b := startBeside(t, file)
			end := b.run()
			b.expect("nobody is verified yet", b.Get("/members"), 403, "Verify me")
			atStripe := b.Post("/verify", nil)
			b.expect("the button", atStripe, 303, b.Sim.URL())
			back := b.Do("POST", atStripe.Location, url.Values{"outcome": {"verified"}})
			b.expect("Stripe leads back", back, 303, b.Base+"/members")
			b.told("verification.verified: customer-1 is verified", 1)
			b.expect("who is verified", b.Get("/members"), 200, "Welcome")
			b.expect("the button again", b.Post("/verify", nil), 303, "/members")
			if said, err := b.Command("doctor"); err != nil || !strings.Contains(said, "PASS  notify: ") {
				t.Errorf("the doctor must find the product well, got %v\n%s", err, said)
			}

			end()
			b.Decide("customer-1", "reject")
			b.tried()
			b.Change("UPDATE actions SET created_at = created_at - 7200 WHERE kind = 'notify'") // for two hours nobody has answered
			b.run()
			b.Change("UPDATE actions SET due_at = 0 WHERE kind = 'notify'")
			b.told("customer-1 is not verified", 1)
			b.isOld()
			b.expect("who was rejected", b.Get("/members"), 403, "Verify me")
			b.expect("who was rejected and clicks", b.Post("/verify", nil), 403, "")
		})
	}
}

// tried waits until the product was not reached.
func (b *beside) tried() {
	b.App.T.Helper()
	tests.Eventually(b.App.T, "the product is tried while it is down", func() bool {
		return b.Rows("SELECT count(*) FROM actions WHERE kind = 'notify' AND done_at IS NULL AND tries > 0 AND lease_until = 0")[0] == "1"
	})
}

// isOld checks that what the product was told last had happened two hours before.
func (b *beside) isOld() {
	b.App.T.Helper()
	m := regexp.MustCompile(`(?m)^(\S+) \S+ customer-1 is not verified$`).FindStringSubmatch(b.said.String())
	at, err := time.Parse(time.RFC3339, m[1])
	if err != nil || time.Since(at) < 2*time.Hour {
		b.App.T.Errorf("what happened two hours ago must be told with its time, got %s (%v)", m[0], err)
	}
}

// Each refusal is told to the user as what it is.
func TestBesideRefused(t *testing.T) {
	for file := range examples {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			b := startBeside(t, file, "MAX_VERIFICATION_ATTEMPTS=1")
			b.run()
			b.Sim.AddFault(tests.AtCreate(stripesim.Fault{Status: 503, Times: -1}))
			got := b.Post("/verify", nil)
			b.expect("Stripe does not answer", got, 503, "try again")
			if got.Header.Get("Retry-After") == "" {
				t.Errorf("503 must say when to come again, got %v", got.Header)
			}
			b.Sim.ClearFaults()
			b.expect("the button", b.Post("/verify", nil), 303, b.Sim.URL())
			session := b.Sim.Sessions()[0].ID
			b.Finish(session, "processing")
			german := b.Request("POST", "/verify", nil)
			german.Header.Set("Accept-Language", "de")
			b.expect("while the document is checked", b.Send(german), 409, "noch geprüft")
			b.expect("while the document is checked", b.Get("/members"), 403, "check")
			b.Finish(session, "document_expired")
			b.expect("without attempts left", b.Post("/verify", nil), 403, "no attempts left")
			b.told("verification.failed: customer-1 is not verified", 1)
			b.told("verification.exhausted: customer-1 is not verified", 1)
			b.Stop()
			if got := b.Get("/members"); got.Status < 500 {
				t.Errorf("while the program is down nobody may be served, got %d %s", got.Status, got.Body)
			}
		})
	}
}

//go:build beside

package docs_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/tests"
)

// sent is a webhook, and what is changed of it before it is sent.
type sent struct {
	id, timestamp, signature, body string
}

// signed is a webhook as the standard has it.
func signed(id string, at time.Time, key []byte, body string) sent {
	timestamp := fmt.Sprint(at.Unix())
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", id, timestamp, body)
	return sent{id, timestamp, "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), body}
}

func (b *beside) send(s sent) tests.Answer {
	request := b.Request("POST", webhooks, strings.NewReader(s.body))
	request.Header = http.Header{"Content-Type": {"application/json"}}
	for name, value := range map[string]string{"Webhook-Id": s.id, "Webhook-Timestamp": s.timestamp, "Webhook-Signature": s.signature} {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	return b.Send(request)
}

// Only what is signed with the secret, now, is acted on, and once.
func TestBesideSignatures(t *testing.T) {
	const body = `{"type":"verification.verified","timestamp":"2026-11-25T18:00:00Z","data":{"user_id":"anna","object_id":"vs_1","code":"",` +
		`"livemode":false,"verified":true,"attempts_left":2}}`
	now := time.Now()
	good := signed("msg_1", now, notifyKey, body)
	bad := map[string]func(*sent){
		"another body":        func(s *sent) { s.body = strings.Replace(s.body, "anna", "otto", 1) },
		"another id":          func(s *sent) { s.id = "msg_2" },
		"another secret":      func(s *sent) { *s = signed("msg_2", now, []byte("some other key of many bytes"), body) },
		"six minutes old":     func(s *sent) { *s = signed("msg_2", now.Add(-6*time.Minute), notifyKey, body) },
		"six minutes ahead":   func(s *sent) { *s = signed("msg_2", now.Add(6*time.Minute), notifyKey, body) },
		"a later time":        func(s *sent) { s.timestamp = fmt.Sprint(now.Unix() + 1) },
		"no time":             func(s *sent) { s.timestamp = "" },
		"a word for a time":   func(s *sent) { s.timestamp = "now" },
		"a time of no number": func(s *sent) { s.timestamp = "\xb2" },
		"a long time":         func(s *sent) { s.timestamp = strings.Repeat("9", 5000) },
		"no id":               func(s *sent) { s.id = "" },
		"no signature":        func(s *sent) { s.signature = "" },
		"half a signature":    func(s *sent) { s.signature = s.signature[:20] },
		"no version":          func(s *sent) { s.signature = s.signature[3:] },
		"another version":     func(s *sent) { s.signature = "v2" + s.signature[2:] },
		"foreign bytes":       func(s *sent) { s.signature = "v1,\xff\xfe" },
		"no body":             func(s *sent) { s.body = "" },
	}
	for file := range examples {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			b := startBeside(t, file)
			b.run()
			for what, change := range bad {
				s := good
				change(&s)
				b.expect(what, b.send(s), 401, "")
			}
			b.told("anna", 0)
			two := good
			two.signature = "v1,bm90IG91cnM= " + good.signature // as while the secret is rolled
			for _, s := range []sent{good, two, good} {
				b.expect("a good one", b.send(s), 204, "")
			}
			b.expect("the doctor's", b.send(signed("msg_3", now, notifyKey, `{"type":"test","timestamp":"2026-11-25T18:00:00Z","data":{}}`)), 204, "")
			b.told(" verified\n", 1)
			b.expect("more than is ever sent", b.send(signed("msg_5", now, notifyKey, body+strings.Repeat(" ", 70_000))), 413, "")
			later := strings.Replace(body, `"data":{`, `"more":1,"data":{"more":1,`, 1)
			b.expect("a field of a later version", b.send(signed("msg_6", now, notifyKey, later)), 204, "")
			b.told(" verified\n", 2)
			b.expect("a click on a link", b.Get("/verify"), 404, "")
			broken := signed("msg_4", now, notifyKey, `{"type":"verification.verified","timestamp":"2026-11-25T18:00:00Z","data":null}`)
			b.expect("what cannot be acted on", b.send(broken), 500, "")
			b.expect("what could not be acted on", b.send(signed("msg_4", now, notifyKey, body)), 204, "")
			b.told("verification.verified: anna is verified", 3)
		})
	}
}

// A product that was not given the secret believes nobody, rather than whoever signs with an empty one.
func TestBesideWithoutSecret(t *testing.T) {
	for file := range examples {
		for _, secret := range []string{"", "whsec_"} {
			t.Run(file+" "+secret, func(t *testing.T) {
				t.Parallel()
				b := startBeside(t, file)
				b.secret = secret
				if ended, _ := b.start(); isClosed(ended) {
					return
				}
				b.expect("signed with nothing", b.send(signed("msg_1", time.Now(), nil, `{"type":"test","timestamp":"2026-11-25T18:00:00Z","data":{}}`)), 500, "")
			})
		}
	}
}

// A browser opens connections before it needs them: webhooks do not wait for those.
func TestBesideIdleConnection(t *testing.T) {
	for file := range examples {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			b := startBeside(t, file)
			b.run()
			idle, err := net.Dial("tcp", strings.TrimPrefix(b.Base, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer idle.Close()
			b.expect("beside an idle connection", b.send(signed("msg_1", time.Now(), notifyKey, `{"type":"test","timestamp":"2026-11-25T18:00:00Z","data":{}}`)), 204, "")
		})
	}
}

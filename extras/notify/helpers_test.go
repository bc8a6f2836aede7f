package notify_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"example.com/identity-starter/app"
	"example.com/identity-starter/extras"
	"example.com/identity-starter/extras/notify"
	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// secretOf is a secret made of words.
func secretOf(words string) string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte(words))
}

var (
	secret = secretOf("words that are a secret here")
	old    = secretOf("words that were a secret once")
)

// letter is a message as it arrived.
type letter struct {
	ID, Body string
	At       time.Time // by its header
	Header   http.Header
	Type     string
	Data     struct {
		UserID       string `json:"user_id"`
		ObjectID     string `json:"object_id"`
		Code         string
		Verified     bool
		AttemptsLeft int `json:"attempts_left"`
	}
}

// inbox is the other app: it keeps what it is sent, and answers as a test wants.
type inbox struct {
	t      *testing.T
	server *httptest.Server
	mu     sync.Mutex
	got    []letter
	answer func(http.ResponseWriter, *http.Request, letter) // nil: 204
}

func newInbox(t *testing.T) *inbox {
	t.Helper()
	box := &inbox{t: t}
	box.server = httptest.NewServer(box)
	t.Cleanup(box.server.Close)
	return box
}

// ServeHTTP takes nothing that the library does not find right.
func (box *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	hook, e := standardwebhooks.NewWebhook(secret)
	if err != nil || e != nil || r.Method != "POST" || r.Header.Get("Content-Type") != "application/json" || hook.VerifyIgnoringTimestamp(body, r.Header) != nil {
		box.t.Errorf("what arrives must be a signed POST of JSON, got %s %v", r.Method, r.Header)
	}
	m := letter{ID: r.Header.Get("webhook-id"), Body: string(body), Header: r.Header}
	var seconds int64
	_, err = fmt.Sscan(r.Header.Get("webhook-timestamp"), &seconds)
	if m.At = time.Unix(seconds, 0); err != nil || json.Unmarshal(body, &m) != nil {
		box.t.Errorf("a message must have its time and be JSON, got %v %s", r.Header, body)
	}
	box.mu.Lock()
	box.got = append(box.got, m)
	answer := box.answer
	box.mu.Unlock()
	if answer == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answer(w, r, m)
}

// answers has the inbox answer otherwise from now on.
func (box *inbox) answers(how func(http.ResponseWriter, *http.Request, letter)) {
	box.mu.Lock()
	defer box.mu.Unlock()
	box.answer = how
}

// with is an answer of that status.
func with(status int) func(http.ResponseWriter, *http.Request, letter) {
	return func(w http.ResponseWriter, _ *http.Request, _ letter) {
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "words of the receiver")
	}
}

func (box *inbox) letters() []letter {
	box.mu.Lock()
	defer box.mu.Unlock()
	return slices.Clone(box.got)
}

// about are the types that a user was told of, in order.
func (box *inbox) about(user string) string {
	var types []string
	for _, m := range box.letters() {
		if m.Data.UserID == user {
			types = append(types, m.Type)
		}
	}
	return strings.Join(types, " ")
}

// told are the settings with which the inbox is told.
func (box *inbox) told() []string {
	return []string{"NOTIFY_URL=" + box.server.URL + "/hook?from=identity", "NOTIFY_SECRET=" + secret}
}

// start is the program that tells an inbox.
func start(t *testing.T, settings ...string) (*tests.App, *inbox) {
	t.Helper()
	box := newInbox(t)
	return tests.StartTeam(t, tests.With(notify.New), append(box.told(), settings...)...), box
}

// made is the extra as the program makes it with these settings, without being started.
func made(t *testing.T, set ...string) (e extras.Extra) {
	t.Helper()
	look := func(p extras.Program) extras.Extra { e = notify.New(p); return e }
	team := func(r *settings.Reader) app.Team { return tests.With(look)(r) }
	// A command that nobody knows has the settings read, and asks nobody anything.
	err := app.Run(t.Context(), []string{"nothing"}, settings.New(tests.SettingsOf(set...)), team, io.Discard)
	if err == nil || !strings.HasPrefix(err.Error(), "no such command: ") {
		t.Fatalf("there must be no such command, got %v", err)
	}
	return e
}

// alone are the consumer and a database whose clock a test moves, without the program around them.
func alone(t *testing.T, box *inbox, now func() time.Time) (tell func(store.Action) error, p outcomes.Parts) {
	t.Helper()
	consumer := made(t, box.told()...).Consumers[0]
	db, err := store.Open(t.Context(), tests.Database(t), store.Options{MaxAttempts: 3, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	p = outcomes.Parts{DB: db}
	return func(a store.Action) error { return consumer.Do(t.Context(), p, a) }, p
}

// outcome is an action of somebody's.
func outcome(what, user string) store.Action {
	return store.Action{Kind: "notify", CreatedAt: time.Unix(1_800_000_000, 0),
		Outcome: store.Outcome{What: what, Key: "notify:" + what + ":vs_1", UserID: user, ObjectID: "vs_1"}}
}

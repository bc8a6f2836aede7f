package main

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

//go:embed receiver.html receiver.css receiver.js receiver.svg
var files embed.FS

const (
	kept    = 100 // messages
	largest = 64 << 10
)

// entry is a message as it arrived.
type entry struct {
	ID, Type string
	Body     string // "": it was not signed, so that it is nobody's
	Again    bool   // this id was here before
	At       time.Time
}

// receiver is the other app, as short as one can be: check the signature, look whether
// the id was here before, take what it says.
type receiver struct {
	hook *standardwebhooks.Webhook
	mux  *http.ServeMux

	mu      sync.Mutex
	entries []entry // newest last
}

func newReceiver(secret string) (*receiver, error) {
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return nil, err
	}
	r := &receiver{hook: hook, mux: http.NewServeMux()}
	r.mux.HandleFunc("POST /hook", r.take)
	r.mux.HandleFunc("GET /{$}", r.show)
	r.mux.Handle("GET /", http.FileServerFS(files))
	return r, nil
}

// ServeHTTP implements http.Handler.
func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'")
	r.mux.ServeHTTP(w, request)
}

// take is where webhooks arrive.
func (r *receiver) take(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(io.LimitReader(request.Body, largest))
	if err != nil {
		return // whoever sent it has left
	}
	if r.hook.Verify(body, request.Header) != nil {
		r.keep(entry{At: time.Now()})
		http.Error(w, "the signature is not right", http.StatusUnauthorized)
		return
	}
	var m struct{ Type string }
	var shown bytes.Buffer
	if json.Unmarshal(body, &m) != nil || json.Indent(&shown, body, "", "  ") != nil {
		http.Error(w, "this is no message", http.StatusBadRequest)
		return
	}
	r.keep(entry{ID: request.Header.Get(standardwebhooks.HeaderWebhookID), Type: m.Type, Body: shown.String(), At: time.Now()})
	w.WriteHeader(http.StatusNoContent)
}

// keep remembers a message. What has come before is the same once more: an app that acts on it must not do so twice.
func (r *receiver) keep(e entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.Again = e.ID != "" && slices.ContainsFunc(r.entries, func(before entry) bool { return before.ID == e.ID })
	r.entries = append(r.entries, e)
	r.entries = r.entries[max(0, len(r.entries)-kept):]
}

// show is the page.
func (r *receiver) show(w http.ResponseWriter, _ *http.Request) {
	r.mu.Lock()
	list := slices.Clone(r.entries)
	r.mu.Unlock()
	slices.Reverse(list)
	page, err := template.ParseFS(files, "receiver.html")
	var out bytes.Buffer
	if err == nil {
		err = page.Execute(&out, list)
	}
	if err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	_, _ = out.WriteTo(w) // to whom has left
}

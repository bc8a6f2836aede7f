package main

import (
	"bufio"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// post sends a message with a signature, and returns the status of the answer.
func post(t *testing.T, address, id, body, signature string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("webhook-id", id)
	request.Header.Set("webhook-timestamp", strconv.FormatInt(time.Now().Unix(), 10))
	request.Header.Set("webhook-signature", signature)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

func page(t *testing.T, address string) string {
	t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("the page must be there, got %d, %v", answer.StatusCode, err)
	}
	return string(text)
}

// What is printed is what the program needs to tell the other app, and people to see it; what is not signed is refused, and shown as that.
func TestDemo(t *testing.T) {
	stdin, end := io.Pipe()
	read, stdout := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(stdin, stdout) }()
	var lines []string
	for s := bufio.NewScanner(read); s.Scan() && s.Text() != ""; {
		lines = append(lines, s.Text())
	}
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "NOTIFY_URL=http://localhost:") || !strings.HasPrefix(lines[1], "NOTIFY_SECRET=whsec_") ||
		strings.Contains(lines[2], "=") || !strings.HasPrefix(lines[3], "  http://localhost:") {
		t.Fatalf("settings must come first, then words to people, got %q", lines)
	}
	hook, err := standardwebhooks.NewWebhook(strings.TrimPrefix(lines[1], "NOTIFY_SECRET="))
	if err != nil {
		t.Fatal(err)
	}
	address, shown := strings.TrimPrefix(lines[0], "NOTIFY_URL="), strings.TrimSpace(lines[3])
	if text := page(t, shown); !strings.Contains(text, "Nothing so far") {
		t.Errorf("the page must say that nothing has come, got\n%s", text)
	}
	const body = `{"type":"verification.verified","data":{"user_id":"<b>ann"}}`
	signature, err := hook.Sign("msg_1", time.Now(), []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := post(t, address, "msg_1", body, signature); got != http.StatusNoContent {
			t.Errorf("what is signed must be taken, got %d", got)
		}
	}
	if got := post(t, address, "msg_2", body, signature); got != http.StatusUnauthorized {
		t.Errorf("what is not signed must be refused, got %d", got)
	}
	text := page(t, shown)
	for part, times := range map[string]int{"<h2>verification.verified</h2>": 2, "signature checked": 2, "&lt;b&gt;ann": 2, "the same once more": 1,
		"Refused: the signature is not right": 1, "webhook-id <code>msg_1</code>": 2, "msg_2": 0} {
		if got := strings.Count(text, part); got != times {
			t.Errorf("the page must say %q %d times, got %d\n%s", part, times, got, text)
		}
	}
	if strings.Index(text, "Refused") > strings.Index(text, "<h2>verification") {
		t.Errorf("the newest must come first, got\n%s", text)
	}
	for _, file := range []string{"receiver.css", "receiver.js", "receiver.svg"} {
		page(t, shown+"/"+file)
	}
	_ = end.Close()
	if err := <-ended; err != nil {
		t.Errorf("it must end with its standard input, got %v", err)
	}
}

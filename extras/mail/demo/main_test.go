package main

import (
	"bufio"
	"io"
	"net/http"
	"net/smtp"
	"strings"
	"testing"
)

// What is printed is what the program needs to reach the mailbox, and people to see it.
func TestDemo(t *testing.T) {
	stdin, end := io.Pipe()
	read, stdout := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(stdin, stdout) }()
	var lines []string
	for s := bufio.NewScanner(read); s.Scan() && s.Text() != ""; {
		lines = append(lines, s.Text())
	}
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "SMTP_URL=smtp://localhost:") || !strings.HasPrefix(lines[1], "MAIL_FROM=") ||
		strings.Contains(lines[2], "=") || !strings.HasPrefix(lines[3], "  http://localhost:") {
		t.Fatalf("settings must come first, then words to people, got %q", lines)
	}
	const mail = "To: person@example.test\r\nSubject: News\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: text/plain\r\n\r\nWords to a person\r\n--b--\r\n"
	if err := smtp.SendMail(strings.TrimPrefix(lines[0], "SMTP_URL=smtp://"), nil, "starter@example.com", []string{"person@example.test"}, []byte(mail)); err != nil {
		t.Fatalf("the mailbox must take mail: %v", err)
	}
	answer, err := http.Get(strings.TrimSpace(lines[3]))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if page, err := io.ReadAll(answer.Body); err != nil || !strings.Contains(string(page), "Words to a person") {
		t.Errorf("the page must show what arrived, got %v\n%s", err, page)
	}
	_ = end.Close()
	if err := <-ended; err != nil {
		t.Errorf("it must end with its standard input, got %v", err)
	}
}

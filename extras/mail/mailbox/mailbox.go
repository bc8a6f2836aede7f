// Package mailbox is a mail server for the demo: it takes every mail, keeps the
// newest in memory, and shows them on a page. It speaks as much SMTP as a client
// needs that has no secrets to send.
package mailbox

import (
	"bytes"
	"embed"
	"html/template"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed mailbox.html mailbox.css mailbox.js mailbox.svg
var files embed.FS

const kept = 100 // mails

// Mail is one mail as it arrived.
type Mail struct {
	To, Subject, Text, HTML, ID string
	At                          time.Time
}

// Address is whom it is to, without the brackets.
func (m Mail) Address() string { return strings.Trim(m.To, "<>") }

// Mailbox is the server and its page.
type Mailbox struct {
	mu    sync.Mutex
	mails []Mail // newest last
}

// Serve takes mails until the listener is closed.
func (b *Mailbox) Serve(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go b.talk(conn)
	}
}

// Mails are those that are kept, newest first.
func (b *Mailbox) Mails() []Mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := slices.Clone(b.mails)
	slices.Reverse(list)
	return list
}

// ServeHTTP shows the mails. What is in them runs no script, and loads nothing.
func (b *Mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; img-src 'self'")
	if r.URL.Path != "/" {
		http.FileServerFS(files).ServeHTTP(w, r)
		return
	}
	page, err := template.ParseFS(files, "mailbox.html")
	var out bytes.Buffer
	if err == nil {
		err = page.Execute(&out, b.Mails())
	}
	if err != nil {
		http.Error(w, "the mailbox cannot be shown", http.StatusInternalServerError)
		return
	}
	_, _ = out.WriteTo(w) // to whom has left
}

// talk is one conversation (RFC 5321).
func (b *Mailbox) talk(conn net.Conn) {
	defer conn.Close()
	c := textproto.NewConn(conn)
	_ = c.PrintfLine("220 mailbox of the demo")
	for {
		line, err := c.ReadLine()
		if err != nil {
			return
		}
		verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
		answer := "250 ok"
		switch verb {
		case "EHLO":
			answer = "250-mailbox\r\n250 8BITMIME"
		case "DATA":
			_ = c.PrintfLine("354 go on")
			message, err := io.ReadAll(io.LimitReader(c.DotReader(), 1<<20))
			if err != nil {
				return
			}
			b.keep(message)
		case "QUIT":
			_ = c.PrintfLine("221 bye")
			return
		case "HELO", "MAIL", "RCPT", "RSET", "NOOP":
		default:
			answer = "502 not here"
		}
		if c.PrintfLine("%s", answer) != nil {
			return
		}
	}
}

func (b *Mailbox) keep(message []byte) {
	m, err := mail.ReadMessage(bytes.NewReader(message))
	if err != nil {
		return
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		subject = m.Header.Get("Subject")
	}
	got := Mail{To: m.Header.Get("To"), Subject: subject, ID: m.Header.Get("Message-ID"), At: time.Now()}
	_, parameters, _ := mime.ParseMediaType(m.Header.Get("Content-Type"))
	parts := multipart.NewReader(m.Body, parameters["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			break
		}
		text, _ := io.ReadAll(decoded(part)) // as far as it can be read
		switch kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type")); kind {
		case "text/plain":
			got.Text = string(text)
		case "text/html":
			got.HTML = string(text)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mails = append(b.mails, got)
	b.mails = b.mails[max(0, len(b.mails)-kept):]
}

func decoded(part *multipart.Part) io.Reader {
	if strings.EqualFold(part.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
		return quotedprintable.NewReader(part)
	}
	return part
}

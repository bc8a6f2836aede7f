package mail

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"strings"
	"text/template"
)

//go:embed news.html
var newsHTML string

//go:embed news.txt
var newsText string

// message is one mail.
type message struct {
	key                     string // the same on every repeat: it makes the message id
	to, subject, text, html string
}

// news is what the mail is made from that says that there is some.
type news struct {
	Lang, AppName, Link string
	say                 func(key string, args ...string) string
}

// T is a sentence in the mail's language.
func (n news) T(key string, args ...string) string { return n.say(key, args...) }

// write makes the mail, but for whom it is: twice the same, as plain text and as HTML.
func write(n news) (message, error) {
	var text, html bytes.Buffer
	plain, err := template.New("text").Parse(newsText)
	if err == nil {
		err = plain.Execute(&text, n)
	}
	rich, wrong := htmltemplate.New("html").Parse(newsHTML)
	if wrong == nil {
		wrong = rich.Execute(&html, n)
	}
	if err := errors.Join(err, wrong); err != nil {
		return message{}, fmt.Errorf("write mail: %w", err)
	}
	return message{subject: n.T("mail.subject", "app", n.AppName), text: strings.TrimSpace(text.String()) + "\n", html: html.String()}, nil
}

package templates

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"strings"
	textTemplate "text/template"
)

//go:embed mail/news.html
var mailHTML string

//go:embed mail/news.txt
var mailText string

// Mail is the mail that says that there is news, and nothing of which, in a
// language: its subject, and twice the same, as plain text and as HTML.
func (s *Set) Mail(lang, appName, link string) (subject, text, html string, err error) {
	p := Page{Lang: s.Match(lang, ""), AppName: appName, Path: link}
	var asText, asHTML bytes.Buffer
	t, err := textTemplate.New("text").Parse(mailText)
	if err == nil {
		err = t.Execute(&asText, view{Page: p, set: s})
	}
	if err != nil {
		return "", "", "", fmt.Errorf("write mail: %w", err)
	}
	h, err := template.New("html").Parse(mailHTML)
	if err == nil {
		err = h.Execute(&asHTML, view{Page: p, set: s})
	}
	if err != nil {
		return "", "", "", fmt.Errorf("write mail: %w", err)
	}
	return s.T(p.Lang, "mail.subject", "app", appName), strings.TrimSpace(asText.String()) + "\n", asHTML.String(), nil
}

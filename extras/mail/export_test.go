package mail

// CountMails is the statement that is asked before each mail.
const CountMails = countMails

// Write makes the mail.
func Write(lang, appName, link string, say func(key string, args ...string) string) (subject, text, html string, err error) {
	m, err := write(news{Lang: lang, AppName: appName, Link: link, say: say})
	return m.subject, m.text, m.html, err
}

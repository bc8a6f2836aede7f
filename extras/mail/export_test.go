package mail

// The statements around each mail.
const (
	CountMails = countMails
	RemoveOld  = removeOld
)

// Write makes the mail.
func Write(lang, appName, link string, say func(key string, args ...string) string) (subject, text, html string, err error) {
	m, err := write(news{Lang: lang, AppName: appName, Link: link, say: say})
	return m.subject, m.text, m.html, err
}

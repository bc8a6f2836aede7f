package mail_test

import (
	"testing"

	"example.com/identity-starter/extras/mail"
	"example.com/identity-starter/tests"
)

func TestByDefault(t *testing.T) { tests.Stands(t, mail.New, "mail", "SMTP_URL", "off") }

package notify_test

import (
	"testing"

	"example.com/identity-starter/extras/notify"
	"example.com/identity-starter/tests"
)

func TestByDefault(t *testing.T) { tests.Stands(t, notify.New, "notify", "NOTIFY_URL", "off") }

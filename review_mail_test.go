package main

import (
	"fmt"
	"testing"
)

// A decision is news for the person, who is told by mail where mail is on.
func TestDecisionIsMailed(t *testing.T) {
	a := start(t, "REVIEWERS="+reviewerPair, "SMTP_URL=smtp://localhost:9", "MAIL_FROM=shop@example.test")
	user := a.browser().verify(a).UserID
	a.reviewer(reviewerPair).decided(user, "one_more")
	if rows := a.rows("SELECT user_id FROM actions WHERE kind = 'mail' AND outcome = 'one_more'"); fmt.Sprint(rows) != "["+user+"]" {
		t.Errorf("the decision must be followed by a mail, got %q", rows)
	}
}

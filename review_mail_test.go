package main

import (
	"fmt"
	"testing"
)

// A decision is news for the person, who is told by mail where mail is on.
func TestDecisionIsMailed(t *testing.T) {
	a := Start(t, "REVIEWERS="+ReviewerPair, "SMTP_URL=smtp://localhost:9", "MAIL_FROM=shop@example.test")
	user := a.Browser().Verify(a).UserID
	a.Reviewer(ReviewerPair).Decided(user, "one_more")
	if rows := a.Rows("SELECT user_id FROM actions WHERE kind = 'mail' AND outcome = 'one_more'"); fmt.Sprint(rows) != "["+user+"]" {
		t.Errorf("the decision must be followed by a mail, got %q", rows)
	}
}

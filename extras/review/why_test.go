package review_test

import (
	"strings"
	"testing"

	"example.com/identity-starter/tests"
)

// What a person's page begins with is what the person's own page says, and what the lists have.
func TestWhyIsTrue(t *testing.T) {
	a := start(t, "REVIEWERS="+ritaPair)
	rita := reviewerOf(a, ritaPair)
	for code, tries := range map[string]bool{"document_expired": true, "consent_declined": true, "selfie_manipulated": false, "under_supported_age": false} {
		person := a.Browser()
		session := person.Verify(a)
		a.Finish(session.ID, code)
		if offered := !strings.Contains(formOf(person.Get("/")), "hidden") && formOf(person.Get("/")) != ""; offered != tries {
			t.Fatalf("after %s the person's page must offer another try: %v, got %v", code, tries, offered)
		}
		if says := strings.Contains(rita.Get(personPage(session.UserID)).Body, "the person can try without a decision"); says != tries {
			t.Errorf("after %s a reviewer must read that the person can try only where the person's page offers it: %v, got %v", code, tries, says)
		}
	}

	person := a.Browser()
	user := holds(a, person)
	a.Change("UPDATE people SET verdicts = 1, verified = 1 WHERE user_id = '" + user + "'") // another session's verdict counts
	if rows := a.Rows("SELECT 1 FROM verifications WHERE needs_review = 1"); len(rows) != 1 {
		t.Fatalf("the list must have one that needs a review, got %v", rows)
	}
	if body := rita.Get(personPage(user)).Body; strings.Contains(body, "Nothing waits for a decision") || !strings.Contains(body, "“another name”") {
		t.Errorf("whoever is in the list of what needs a review must be told of as somebody about whom something waits, got\n%s", body)
	}
}

// formOf is the beginning of the form with the Verify button; "" where there is none.
func formOf(page tests.Answer) string {
	_, form, _ := strings.Cut(page.Body, `<form id="verify-form"`)
	form, _, _ = strings.Cut(form, ">")
	return form
}

package e2e_test

import (
	"net/url"
	"strings"
	"testing"
)

// A reviewer signs in, finds a person, and decides; the person sees it.
func TestReviewer(t *testing.T) {
	t.Parallel()
	needs(t, "review")
	a := start(t, "REVIEWERS=rita:"+"correct horse battery", "MAX_VERIFICATION_ATTEMPTS=2")
	person := a.person(t).open("/").toStripe().outcome("document_expired").state("requires_input")
	person.toStripe().outcome("selfie_face_mismatch").state("exhausted")

	p := a.person(t).expect("/review-login")
	login := url.UserPassword("rita", "correct horse battery").String() + "@"
	p.open(strings.Replace(a.url, "//", "//"+login, 1) + "/review-login").heading("Review")
	p.look("review")
	p.click(`tbody a[href^="/review/person"]`).wait("the person's page has the form", `document.querySelector('input[value="one_more"]')`)
	p.look("review-person")
	p.click(`input[value="one_more"]`).click("#reason").keys("looked at the photo").click(`main button`)
	p.wait("the decision is written", `document.querySelector('[role="status"]')`)
	p.look("review-decided")
	person.open("/").wait("the person can try once more", `document.querySelector("#verify-button")`)

	p.open("/review?show=needs_review").heading("Review").look("review-empty")
	stranger := a.person(t)
	stranger.expect("/review").open("/review").heading("This page does not exist")
}

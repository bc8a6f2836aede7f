package e2e_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
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
	p.size(390)
	if !get[bool](p, `document.querySelector(".list").getBoundingClientRect().top < document.querySelector(".days").getBoundingClientRect().top`) {
		t.Error("the list must stand before the charts")
	}
	if right := get[float64](p, `[...document.querySelectorAll(".days rect")].at(-1).getBoundingClientRect().right`); right > 390-20 {
		t.Errorf("today must be seen on a phone, its bar ends at %v", right)
	}
	if right := get[float64](p, `document.querySelector("td.reference .copy").getBoundingClientRect().right`); right > 390 {
		t.Errorf("the reference must be seen on a phone, it ends at %v", right)
	}
	p.click(".copy").wait("it is said that the id is copied", `document.querySelector(".said").textContent !== ""`)
	p.size(1280)
	p.open("/review").keys("j").wait("j leads to the first row", `document.activeElement.matches("tbody tr:first-child .person a")`).keys(kb.Enter)
	p.wait("the person's page has the form", `document.querySelector('input[value="one_more"]')`)
	p.look("review-person")
	p.click(`input[value="redact"]`).click("#reason").keys("asked for it").click("main button[type=submit]").heading("Redact for good?").look("review-redact")
	p.click("main .quiet").wait("the way back leads to the form", `document.querySelector('input[value="one_more"]')`)
	p.click(`input[value="one_more"]`).click("#reason").keys("looked at the photo").click("main button[type=submit]")
	p.wait("the decision is written", `document.querySelector(".decided [role=status]")`)
	p.look("review-decided")
	person.open("/").wait("the person can try once more", `document.querySelector("#verify-button")`)

	p.open("/review?show=needs_review").heading("Review").look("review-empty")
	stranger := a.person(t)
	stranger.expect("/review").open("/review").heading("This page does not exist")
}

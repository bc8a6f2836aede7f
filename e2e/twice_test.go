package e2e_test

import (
	"net/url"
	"strings"
	"testing"
)

// Who clicks twice has decided once, and is told so: the second click would be refused because of the first.
func TestReviewerClicksTwice(t *testing.T) {
	t.Parallel()
	needs(t, "review")
	a := start(t, "REVIEWERS=rita:"+"correct horse battery")
	a.person(t).open("/").toStripe().outcome("document_expired").state("requires_input")
	p := a.person(t).expect("/review-login")
	login := url.UserPassword("rita", "correct horse battery").String() + "@"
	p.open(strings.Replace(a.url, "//", "//"+login, 1) + "/review-login").heading("Review").click("tbody tr:first-child .person a")
	p.click(`input[value="approve"]`).click("#reason").keys("seen")
	get[bool](p, `(button => (button.click(), setTimeout(() => button.click(), 5), true))(document.querySelector(".decide button[type=submit]"))`)
	p.wait("the decision is written", `document.querySelector(".decided [role=status]")`)
}

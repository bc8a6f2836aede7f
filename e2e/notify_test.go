package e2e_test

import "testing"

// Another app shows what it was told of a person who has failed.
func TestAnotherApp(t *testing.T) {
	t.Parallel()
	needs(t, "notify")
	settings, page := accompany(t, "notify")
	person(t, page).open("/").wait("nothing was told", `document.body.textContent.includes("Nothing so far")`).look("notify-empty")

	a := start(t, settings...)
	a.person(t).open("/").state("none").toStripe().outcome("document_expired").state("requires_input")
	told := person(t, page)
	wait(t, "the message arrives", func() bool {
		told.open("/")
		return get[bool](told, `document.body.textContent.includes("verification.failed")`)
	}, a.out.String)
	told.wait("the signature is right", `document.body.textContent.includes("signature checked") && document.body.textContent.includes("document_expired")`).look("notify")
}

package e2e_test

import (
	"net/http"
	"strings"
	"testing"
)

// flood sends the app webhooks that it must refuse.
func (a *app) flood(n int) {
	a.t.Helper()
	for range n {
		answer, err := http.Post(a.url+"/webhook", "application/json", strings.NewReader("{}"))
		if err != nil {
			a.t.Fatal(err)
		}
		_ = answer.Body.Close()
	}
}

// A developer has the flight recorder open: a verification can be followed there, a
// flood is one line that counts, and what was opened stays open where it is.
func TestFlightRecorder(t *testing.T) {
	t.Parallel()
	needs(t, "flight")
	a := start(t)
	dev := a.person(t).open("/dev").wait("the empty page is connected", `document.querySelector("#connection").textContent === "Connected"`)
	a.person(t).open("/").toStripe().outcome("document_expired").state("requires_input")
	a.delivered()
	dev.wait("the row is shown", `document.body.textContent.includes("requires_input (document_expired)")`)
	if text := get[string](dev, "document.body.innerText"); strings.Contains(text, "no such page") || strings.Contains(text, "/dev ") {
		t.Errorf("the page must not tell of what it causes itself, got\n%s", text)
	}
	a.flood(30)
	dev.wait("a flood is one line", `document.querySelector(".bad summary b")?.textContent === "30 times"`)
	dev.click(".bad summary").wait("it opens", `document.querySelector(".bad details[open]")`)
	get[bool](dev, `(scrollTo(0, 100), true)`)
	a.flood(20)
	dev.wait("it counts on, is open as it was, and has the keyboard",
		`document.querySelector(".bad details[open] b")?.textContent === "50 times" && document.activeElement.localName === "summary"`)
	if y := get[int](dev, "scrollY"); y != 100 {
		t.Errorf("the page must stay where its reader is, it moved from 100 to %d", y)
	}
	if n := get[int](dev, `document.body.innerText.split("--print-secret").length - 1`); n != 1 {
		t.Errorf("an advice must be given once, got it %d times", n)
	}
	dev.look("dev")
	dev.open("/dev?bad=").wait("only what needs a look is shown", `document.querySelectorAll("#lines > li").length === 1 && document.title.startsWith("(1)")`)
	dev.open("/dev").click("#lines a[href$="+quote(a.session().ID)+"]").wait("a session's story goes from the click to the row and what followed", `(() => {
		const lines = [...document.querySelectorAll("#lines code")].map((code) => code.textContent);
		return ["POST /v1/identity/verification_sessions ", "POST /create-verification-session ", "requires_input (document_expired) ", "outcome "]
			.every((text) => lines.some((line) => line.includes(text)));
	})()`).look("dev-story")
}

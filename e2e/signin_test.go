package e2e_test

import (
	"encoding/json"
	"testing"

	"github.com/chromedp/cdproto/network"
)

// signedInAs has a proxy in front name somebody from here on; "" is nobody.
func (p *page) signedInAs(user string) *page {
	p.t.Helper()
	headers := network.Headers{}
	if user != "" {
		headers["X-Auth-User"], _ = json.Marshal(user)
	}
	call(p, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: headers})
	return p
}

// Whose sign-in has ended while the page was open learns it from the button, and is led to where people sign in.
func TestSignInHasEnded(t *testing.T) {
	t.Parallel()
	a := start(t, "AUTH_USER_HEADER=X-Auth-User", "SIGN_IN_URL=/sign-in")
	p := a.person(t).signedInAs("ada").open("/").state("none").signedInAs("").expect("status of 401")
	p.click("#verify-button").heading("Please sign in").acts("a sign-in that has ended", way{selector: `a[href="/sign-in"]`})
}

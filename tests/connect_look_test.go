package tests

import (
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"example.com/identity-starter/stripesim"
)

// parts are the texts of the elements of a page that are wanted, in their order.
func parts(t *testing.T, page Answer, wanted func(*html.Node) bool) (texts []string) {
	t.Helper()
	for _, node := range shown(t, page) {
		if wanted(node) {
			texts = append(texts, wordsOf(node))
		}
	}
	return texts
}

// isMessage recognises what a page says of the thing that was just done.
func isMessage(node *html.Node) bool { role, _ := attribute(node, "role"); return role == "status" }

// What people call an account comes first; its id is there, too, whole.
func TestAccountsAreNamedBeforeTheirIDs(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	merchant.Connect(a, stripesim.AccountA)
	message := parts(t, merchant.Get("/connect"), isMessage)
	if len(message) != 1 || !strings.Contains(message[0], "Kiosk Nord") || strings.Contains(message[0], "acct_") {
		t.Errorf("after connecting, the message must call the account by its name, and not by its id, got %q", message)
	}
	merchant.Connect(a, stripesim.AccountB)
	page := merchant.Get("/connect")
	for id, name := range map[string]string{stripesim.AccountA: "Kiosk Nord", stripesim.AccountB: "Atelier Süd"} {
		if text := card(t, page, id); !strings.Contains(text, name) || strings.Index(text, id) < strings.Index(text, name) {
			t.Errorf("the name %s must stand before the whole id %s, got %q", name, id, text)
		}
	}
	if message := parts(t, merchant.Get("/connect"), isMessage); len(message) != 0 {
		t.Errorf("the message must be there once, got %q", message)
	}
}

// An account of which Stripe says nothing at the moment is called by what is known of it.
func TestAccountConnectedWhileStripeIsSilent(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	merchant.Connect(a, stripesim.AccountA)
	a.Sim.AddFault(stripesim.Fault{Path: "/v1/account", Times: -1, Status: 500})
	message := parts(t, merchant.Get("/connect"), isMessage)
	if len(message) != 1 || !strings.Contains(message[0], stripesim.AccountA) || strings.ContainsAny(message[0], "{}") {
		t.Errorf("without a name, the message must call the account by its id, got %q", message)
	}
}

// What an account can do is a badge each, whose tone says the same as its word.
func TestAccountsHaveBadges(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	for account, want := range map[string]int{stripesim.AccountA: 2, stripesim.AccountB: 1} { // how much it can do
		merchant.Connect(a, account)
		page := merchant.Get("/connect")
		var badges []*html.Node
		for _, node := range shown(t, page) {
			item := node
			for item != nil && item.Data != "li" {
				item = item.Parent
			}
			if hasClass(node, "badge") && item != nil && strings.Contains(wordsOf(item), account) {
				badges = append(badges, node)
			}
		}
		good := slices.DeleteFunc(slices.Clone(badges), func(n *html.Node) bool { tone, _ := attribute(n, "data-tone"); return tone != "good" })
		if len(badges) < 2 || len(good) != want {
			t.Errorf("%s must have a badge for payments and one for payouts, %d of them good, got %d, %d good", account, want, len(badges), len(good))
		}
		for _, badge := range badges {
			if wordsOf(badge) == "" {
				t.Errorf("a badge of %s must say in a word what its colour says", account)
			}
		}
	}
}

// Ending a connection never looks like what a page is for.
func TestDisconnectIsNotTheMainAction(t *testing.T) {
	a := Start(t)
	merchant := a.Merchant()
	merchant.Connect(a, stripesim.AccountA)
	ask := "/connect/accounts/" + stripesim.AccountA + "/disconnect"
	for path, page := range map[string]Answer{"/connect": merchant.Get("/connect"), ask: merchant.Get(ask)} {
		for _, to := range actionsOf(t, page) {
			if strings.HasSuffix(to, "/disconnect") {
				t.Errorf("on %s, what disconnects must not look like the main action", path)
			}
		}
	}
	ends := parts(t, merchant.Get(ask), func(n *html.Node) bool { return n.Data == "button" && hasClass(n, "danger") })
	if len(ends) != 1 {
		t.Errorf("the button that disconnects must look like one that ends something, got %q", ends)
	}
	if text := parts(t, merchant.Get(ask), func(n *html.Node) bool { return n.Data == "section" }); len(text) != 1 ||
		!strings.Contains(text[0], "Kiosk Nord") || strings.Index(text[0], stripesim.AccountA) < strings.Index(text[0], "Kiosk Nord") {
		t.Errorf("the page must name what is disconnected, and then its id, got %q", text)
	}
	for _, node := range shown(t, merchant.Get(ask)) {
		if _, has := attribute(node, "autofocus"); has {
			t.Error("nothing on the page that asks may have the focus by itself: Enter must not disconnect")
		}
	}
}

// Times are written for a script to put into the reader's own time zone, and say UTC where none does.
func TestTimesAreWrittenForTheReader(t *testing.T) {
	a := Start(t)
	person := a.Merchant()
	person.Connect(a, stripesim.AccountA)
	a.Finish(person.Verify(a).ID, "verified")
	for _, path := range []string{"/members", "/connect"} {
		for _, lang := range []string{"", "?lang=ja"} {
			page := person.Get(path + lang)
			times := 0
			for _, node := range shown(t, page) {
				if node.Data != "time" {
					continue
				}
				times++
				at, _ := attribute(node, "datetime")
				when, err := time.Parse(time.RFC3339, at)
				if err != nil || !strings.HasSuffix(at, "Z") || time.Since(when).Abs() > time.Minute {
					t.Errorf("%s: datetime must be the moment, in UTC, got %q", path+lang, at)
				}
				if text := wordsOf(node); !strings.Contains(text, "UTC") || !strings.Contains(text, when.Format("15:04")) {
					t.Errorf("%s: the words must have the time in UTC and say so, got %q", path+lang, text)
				}
			}
			if times == 0 || !strings.Contains(page.Body, "/static/times.js") {
				t.Errorf("%s must have its times as <time>, and the script that rewrites them, got %d", path+lang, times)
			}
		}
	}
}

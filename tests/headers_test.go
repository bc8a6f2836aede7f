package tests

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// longHeaders are as long as a request's header may be, and made of what is dear to read.
var longHeaders = map[string]http.Header{
	"Accept-Language, of ours":     {"Accept-Language": {strings.Repeat("ja,", 10_300)}},
	"Accept-Language, of none":     {"Accept-Language": {strings.Repeat("sr-Latn-XX,", 2800)}},
	"Accept-Language, with values": {"Accept-Language": {strings.Repeat("a;q=0.1,", 3850)}},
	"Accept":                       {"Accept": {strings.Repeat("Text/plain,", 2800)}},
	"Cookie":                       {"Cookie": {strings.Repeat("a=b;", 7700)}},
	"Cookie, quoted":               {"Cookie": {strings.Repeat(`user="b";`, 3400)}},
	"X-Forwarded-For, addresses":   {"X-Forwarded-For": {strings.Repeat("::1,", 7700)}},
	"X-Forwarded-For, a name":      {"X-Forwarded-For": {strings.Repeat("x", 31_000)}},
	"Content-Type":                 {"Content-Type": {"a/b" + strings.Repeat(";a=b", 7700)}},
	"Range":                        {"Range": {"bytes=" + strings.Repeat("0-0,", 7700) + "0-0"}},
	"Stripe-Signature":             {"Stripe-Signature": {"t=1" + strings.Repeat(",v1=00", 5000)}},
	"Stripe-Signature, long":       {"Stripe-Signature": {"t=1,v1=" + strings.Repeat("00", 15_500)}},
	"If-None-Match":                {"If-None-Match": {strings.Repeat(`"a",`, 7700)}},
	"Authorization":                {"Authorization": {"Basic " + strings.Repeat("YTph", 7700)}},
	"Origin":                       {"Origin": {"http://" + strings.Repeat("a.", 15_000)}},
}

// longQueries are as long as a request's first line may be.
var longQueries = map[string]string{
	"a query of names":    "?" + strings.Repeat("a&", 9_900), // of more than ten thousand Go reads none
	"a query of escapes":  "?a=" + strings.Repeat("%41", 10_000),
	"a query of one name": "?" + strings.Repeat("lang=x&", 4400),
}

// Whatever is sent as long as may be, on any route: it costs little more than nothing of the kind.
func TestLongHeadersCostLittle(t *testing.T) {
	p := NewPeers(t, "RATE_LIMIT_PER_MINUTE=0", "TRUSTED_PROXIES=::/0")
	cost := func(route, query string, header http.Header, enough time.Duration) time.Duration {
		method, path, _ := strings.Cut(route, " ")
		least := time.Hour
		for n := 0; n < 20 || least > enough && n < 200; n++ { // what else the machine does, only adds to it
			began := time.Now()
			p.Ask(method, path+query, "[::1]:1", header)
			least = min(least, time.Since(began))
		}
		return least
	}
	parse := time.Hour // what may arrive of a query, once, on this machine
	for range 50 {
		began := time.Now()
		if _, err := url.ParseQuery(strings.Repeat("a&", 2<<10)); err != nil {
			t.Fatal(err)
		}
		parse = min(parse, time.Since(began))
	}
	for _, route := range []string{"GET /", "GET /healthz", "GET /connect/callback", "GET /static/style.css", "POST /webhook", "GET /no/such/page"} {
		none := cost(route, "", nil, 0)
		limit := 2*none + 8*parse
		check := func(what, query string, header http.Header) {
			if took := cost(route, query, header, limit); took > limit {
				t.Errorf("%s with a long %s must cost little more than without, took %v and %v", route, what, took, none)
			}
		}
		for what, header := range longHeaders {
			check(what, "", header)
		}
		for what, query := range longQueries {
			check(what, query, nil)
		}
	}
}

// A video of a team's is read in parts, as some browsers do; many parts of a file at once would be many times the file.
func TestOnePartOfAFile(t *testing.T) {
	b := Start(t).API()
	for ranges, want := range map[string]int{"bytes=0-9": http.StatusPartialContent, "bytes=0-9,20-29": http.StatusOK} {
		request := b.Request("GET", "/static/style.css", nil)
		request.Header.Set("Range", ranges)
		if got := b.Send(request); got.Status != want || want == http.StatusPartialContent && len(got.Body) != 10 {
			t.Errorf("%s of a file must be answered with %d, got %d and %d bytes", ranges, want, got.Status, len(got.Body))
		}
	}
}

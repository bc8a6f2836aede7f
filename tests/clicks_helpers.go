package tests

import (
	"io"
	"net/http"
	"regexp"
	"sync"
)

// Clicks are n clicks on Verify of one person.
func (b *Browser) Clicks(n int) []*http.Request {
	b.T.Helper()
	var all []*http.Request
	for range n {
		all = append(all, b.AsJSON().Request("POST", CreatePath, nil))
	}
	return all
}

// Later does something meanwhile, and hands over the answer that came of it.
func Later(do func() Answer) <-chan Answer {
	done := make(chan Answer, 1)
	go func() { done <- do() }()
	return done
}

var Listening = regexp.MustCompile(`(?m)^  listening +(\S+)$`)

// Cookies are what the browser sends to the app.
func (b *Browser) Cookies(a *App) string {
	b.T.Helper()
	request := b.Request("GET", a.URL, nil)
	for _, c := range b.Client.Jar.Cookies(request.URL) {
		request.AddCookie(c)
	}
	return request.Header.Get("Cookie")
}

// Together sends requests at the same moment and returns their answers.
func (b *Browser) Together(requests ...*http.Request) []Answer {
	b.T.Helper()
	answers := make([]Answer, len(requests))
	var all sync.WaitGroup
	gate := make(chan struct{})
	for i, request := range requests {
		all.Go(func() {
			<-gate
			response, err := b.Client.Do(request)
			if err != nil {
				b.T.Errorf("%s %s: %v", request.Method, request.URL.Path, err)
				return
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				b.T.Errorf("%s %s: %v", request.Method, request.URL.Path, err)
			}
			answers[i] = Answer{response.StatusCode, string(body), response.Header, response.Header.Get("Location")}
		})
	}
	close(gate)
	all.Wait()
	if b.T.Failed() {
		b.T.FailNow()
	}
	return answers
}

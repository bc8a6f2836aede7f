package main

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Each request in docs/requests.http is answered as its title says, and every route has one.
func TestExampleRequests(t *testing.T) {
	file := Read(t, "docs/requests.http")
	a := Start(t)
	b := a.Browser()
	requests := regexp.MustCompile(`(?m)^### `).Split(file, -1)[1:]
	for _, text := range requests {
		title, rest, _ := strings.Cut(text, "\n")
		head, body, _ := strings.Cut(rest, "\n\n")
		status := regexp.MustCompile(`\b[2-4]\d\d\b`).FindString(title)
		var lines []string
		for line := range strings.Lines(head) {
			if !strings.HasPrefix(line, "#") {
				lines = append(lines, strings.TrimSpace(line))
			}
		}
		method, address, _ := strings.Cut(lines[0], " ")
		request := b.Request(method, strings.ReplaceAll(address, "{{base}}", a.URL), strings.NewReader(strings.TrimSpace(body)))
		request.Header.Del("Accept")
		for _, line := range lines[1:] {
			name, value, _ := strings.Cut(line, ": ")
			request.Header.Set(name, value)
		}
		if got := b.Send(request); strconv.Itoa(got.Status) != status {
			t.Errorf("%s: got %d %s", title, got.Status, got.Body)
		}
	}
	for _, route := range regexp.MustCompile(`(?:get\(e, |e\.(POST)\()"(/[^"]*)"`).FindAllStringSubmatch(Read(t, "handlers/handlers.go"), -1) {
		method, path := "GET", regexp.QuoteMeta(route[2])
		if route[1] != "" {
			method = route[1]
		}
		path = strings.NewReplacer(`\*`, `\S+`, `:id`, `\w+`).Replace(path)
		if route[2] == "/dev/*" { // what the page itself asks for
			continue
		}
		if !regexp.MustCompile(`(?m)^` + method + ` \{\{base\}\}` + path + `(\?\S*)?$`).MatchString(file) {
			t.Errorf("docs/requests.http lacks %s %s", method, route[2])
		}
	}
}

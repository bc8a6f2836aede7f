package docs_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"example.com/identity-starter/team"
	"example.com/identity-starter/tests"
)

// Each request in docs/requests.http, and in that of an extra, is answered as its title
// says, and every route of the core has one.
func TestExampleRequests(t *testing.T) {
	file := tests.Read(t, "requests.http")
	a := tests.StartTeam(t, tests.With(team.Extras...), "API_TOKEN="+token, "API_RETURN_URL=http://localhost:3000/verified")
	ask(t, a, file)
	for _, extra := range team.Extras.Names() {
		if path := "../extras/" + extra + "/requests.http"; exists(path) {
			ask(t, a, tests.Read(t, path))
		}
	}
	for _, route := range regexp.MustCompile(`w\.(?:Get|(POST))\("(/[^"]*)"`).FindAllStringSubmatch(tests.Read(t, "../handlers/routes.go"), -1) {
		method, path := "GET", regexp.QuoteMeta(route[2])
		if route[1] != "" {
			method = route[1]
		}
		path = strings.NewReplacer(`\*`, `\S+`, `:id`, `\w+`).Replace(path)
		if !regexp.MustCompile(`(?m)^` + method + ` \{\{base\}\}` + path + `(\?\S*)?$`).MatchString(file) {
			wrong(t, "docs/requests.http lacks %s %s", method, route[2])
		}
	}
}

// token stands in files as a variable.
const token = "words-of-32-characters-or-more-as-in-API_TOKEN"

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// ask sends the requests of a file, whose titles say with what they are answered.
func ask(t *testing.T, a *tests.App, file string) {
	t.Helper()
	b := a.Browser()
	for _, text := range regexp.MustCompile(`(?m)^### `).Split(file, -1)[1:] {
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
			request.Header.Set(name, strings.ReplaceAll(value, "{{token}}", token))
		}
		if got := b.Send(request); strconv.Itoa(got.Status) != status {
			wrong(t, "%s: got %d %s", title, got.Status, got.Body)
		}
	}
}

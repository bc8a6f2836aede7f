package docs_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/tests"
)

// document is what people read, and whether it is ours: a team may have written a README
// of its own, and may have deleted what is not its own to keep.
func document(t *testing.T, path string) (text string, ours bool) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		return "", false
	}
	text = tests.Read(t, path)
	return text, filepath.Base(path) != "README.md" || strings.HasPrefix(text, "# Identity starter\n")
}

// A newcomer reads the README from top to bottom, on any screen.
func TestReadmeIsShort(t *testing.T) {
	readme, ours := document(t, "../README.md")
	if !ours {
		return
	}
	lines := strings.Split(strings.TrimSuffix(readme, "\n"), "\n")
	if len(lines) > 130 {
		wrong(t, "README.md must have at most 130 lines, it has %d", len(lines))
	}
	for i, line := range lines {
		if n := len([]rune(line)); n > 120 {
			wrong(t, "README.md, line %d: a line must have at most 120 characters, it has %d", i+1, n)
		}
	}
}

var (
	linked   = regexp.MustCompile(`(?:\]\(|src=")([^)"#]*)(?:#([^)"]*))?[)"]`)
	mayBeOut = regexp.MustCompile(`/connect[^/]*\.go$|README\.md$`) // a team's to take out, or to write anew
)

// Whoever follows a link arrives, at the heading that it names, too.
func TestLinksLead(t *testing.T) {
	files, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, "../README.md", "../CONTRIBUTING.md", "../CHANGELOG.md") {
		text, ours := document(t, file)
		if !ours {
			continue
		}
		for _, m := range linked.FindAllStringSubmatch(text, -1) {
			path, anchor := m[1], m[2]
			if strings.Contains(path, "://") {
				continue
			}
			target := filepath.Join(filepath.Dir(file), filepath.FromSlash(path))
			if path == "" {
				target = file
			}
			if _, err := os.Stat(target); err != nil && !mayBeOut.MatchString(target) {
				wrong(t, "%s links to %s, which is not there", strings.TrimPrefix(file, "../"), path)
			} else if anchor == "" {
				continue
			}
			if to, known := document(t, target); known && !slices.Contains(anchors(to), anchor) {
				wrong(t, "%s links to %s#%s, but there is no such heading", strings.TrimPrefix(file, "../"), path, anchor)
			}
		}
	}
}

// anchors are a document's headings, as GitHub names them in addresses.
func anchors(text string) (all []string) {
	text = regexp.MustCompile("(?ms)^ *```.*?^ *```").ReplaceAllString(text, "") // a comment in code looks like one
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(text, -1) {
		kept := regexp.MustCompile(`[^\p{L}\p{N}_ -]`).ReplaceAllString(strings.ToLower(m[1]), "")
		all = append(all, strings.ReplaceAll(kept, " ", "-"))
	}
	return all
}

// A list to tick off is seen at a glance: what there is to say about a line is said elsewhere.
func TestCheckboxesAreALineEach(t *testing.T) {
	text, _ := document(t, "going-live.md")
	for _, m := range regexp.MustCompile(`(?m)^- \[ \] .*\n[ \t]+\S.*`).FindAllString(text, -1) {
		wrong(t, "docs/going-live.md: a checkbox must be one line, got\n%s", m)
	}
}

// "All events" leaves one out, so each command names each, as often as there are commands of its kind.
func TestCommandsNameEachEvent(t *testing.T) {
	readme, readmeOurs := document(t, "../README.md")
	live, liveOurs := document(t, "going-live.md")
	compose, composeOurs := document(t, "../compose.yaml")
	listen, _, _ := strings.Cut(readme[max(0, strings.Index(readme, "--events")):], "```")
	for _, event := range gateway.CoreEvents() {
		if readmeOurs && !regexp.MustCompile(`\b`+regexp.QuoteMeta(event)+`\b`).MatchString(listen) {
			wrong(t, "README.md: stripe listen must have --events with %s", event)
		}
		if composeOurs && !regexp.MustCompile(`\b`+regexp.QuoteMeta(event)+`\b`).MatchString(compose) {
			wrong(t, "compose.yaml: stripe listen must have --events with %s", event)
		}
		if liveOurs && !strings.Contains(live, `-d "enabled_events[]=`+event+`"`) {
			wrong(t, "docs/going-live.md: an endpoint must be made with %s", event)
		}
	}
	for _, m := range regexp.MustCompile(`api_version=(\S+)`).FindAllStringSubmatch(live, -1) {
		if m[1] != gateway.APIVersion {
			wrong(t, "docs/going-live.md: endpoints must be made with the library's API version %s, not %s", gateway.APIVersion, m[1])
		}
	}
}

// A backup that is made as operate.md says is whole, and for its maker's eyes alone.
func TestBackupCommand(t *testing.T) {
	text, ours := document(t, "operate.md")
	if ours && !regexp.MustCompile(`\(umask 077; sqlite3 \S+ "VACUUM INTO '[^']+'"\)`).MatchString(text) {
		wrong(t, "docs/operate.md must have the command for a backup, which others cannot read")
	}
}

// A command on a server has the settings of the service and its user, or it makes files that the service cannot use.
func TestServerCommandIsAsTheService(t *testing.T) {
	text, ours := document(t, "operate.md")
	unit, there := document(t, "deploy/starter.service")
	if !ours || !there {
		return
	}
	for _, m := range regexp.MustCompile(`(?m)^(ExecStart=)?((?:EnvironmentFile=|StateDirectory\w*=|DynamicUser=|/).*)$`).FindAllStringSubmatch(unit, -1) {
		want := m[2]
		if m[1] == "" {
			want = "-p " + want
		}
		if !strings.Contains(text, " "+want+" ") {
			wrong(t, "docs/operate.md: the command on a server must have %q, as the service has", want)
		}
	}
}

// The reference has every route and every error code of the core.
func TestReferenceIsComplete(t *testing.T) {
	text, ours := document(t, "reference.md")
	if !ours {
		return
	}
	for _, m := range regexp.MustCompile(`"([a-z_]+)", (\d{3}), `).FindAllStringSubmatch(tests.Read(t, "../handlers/error_table.go"), -1) {
		if !regexp.MustCompile("(?m)^\\| .*`" + m[1] + "`.* \\| " + m[2] + " \\|").MatchString(text) {
			wrong(t, "docs/reference.md lacks the error code %s, which has the status %s", m[1], m[2])
		}
	}
	for _, m := range regexp.MustCompile(`w\.(?:Get|(POST))\("(/[^"]*)"`).FindAllStringSubmatch(tests.Read(t, "../handlers/routes.go"), -1) {
		route := "GET "
		if m[1] != "" {
			route = "POST "
		}
		route += strings.NewReplacer(":id", "{id}", "*", "…").Replace(m[2])
		if !strings.Contains(text, "`"+route+"`") {
			wrong(t, "docs/reference.md lacks the route %s", route)
		}
	}
}

// Whoever copies the example from connect.md has something that compiles where it says it belongs.
func TestConnectExampleCompiles(t *testing.T) {
	text, ours := document(t, "connect.md")
	if !ours {
		return
	}
	code := regexp.MustCompile("(?s)```go\n// (gateway/\\S+)\n(.*?)```").FindStringSubmatch(text)
	if code == nil {
		wrong(t, "docs/connect.md must have an example of a call for an account, whose first line names its file")
		return
	}
	folder := t.TempDir()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	written := filepath.Join(folder, "example.go")
	overlay, _ := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, filepath.FromSlash(code[1])): written}})
	for name, content := range map[string]string{written: code[2], filepath.Join(folder, "overlay.json"): string(overlay)} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-overlay", filepath.Join(folder, "overlay.json"), "./gateway")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		wrong(t, "docs/connect.md: the example must compile as %s: %v\n%s", code[1], err, out)
	}
}

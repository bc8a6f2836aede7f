package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// axeSource is axe-core, which package.json pins.
var axeSource = sync.OnceValues(func() (string, error) {
	text, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		return "", fmt.Errorf("axe-core is not installed: run npm ci in this folder (%w)", err)
	}
	return string(text), nil
})

// accessible fails the test for obstacles that a machine can find.
func (p *page) accessible(what string) {
	p.t.Helper()
	for _, violation := range p.violations() {
		p.t.Errorf("%s must be usable by everyone: %s", what, violation)
	}
}

// violations are what axe-core finds: the rule, the element, and what to do.
func (p *page) violations() (list []string) {
	p.t.Helper()
	source, err := axeSource()
	if err != nil {
		p.t.Fatal(err)
	}
	if !get[bool](p, "Boolean(globalThis.axe)") {
		if _, err := eval[any](p, source+"; 0"); err != nil {
			p.t.Fatalf("load axe-core: %v", err)
		}
	}
	text, err := eval[string](p, `axe.run(document, {resultTypes: ["violations"], rules: {"target-size": {enabled: true}}}).then(r =>
		JSON.stringify(r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + v.help + ": " + n.html + "\n" + n.failureSummary))))`,
		chromedp.EvalAwaitPromise)
	if err != nil {
		p.t.Fatalf("run axe-core: %v", err)
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		p.t.Fatal(err)
	}
	return list
}

// The search itself must work: else that it finds nothing means nothing.
func TestAxeFinds(t *testing.T) {
	t.Parallel()
	p := start(t).person(t).open("/").state("none")
	get[bool](p, `(document.documentElement.lang = "", document.querySelector("header img").removeAttribute("alt"),
		document.querySelector("h1").style.color = "#bbb", true)`)
	found := strings.Join(p.violations(), "\n")
	for _, rule := range []string{"html-has-lang", "image-alt", "color-contrast"} {
		if !strings.Contains(found, rule) {
			t.Errorf("axe-core must find what breaks the rule %s, it found:\n%s", rule, found)
		}
	}
}

package tests

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// CheckHTML holds a page in a language against what every page must be.
func CheckHTML(t *testing.T, page, lang string) {
	t.Helper()
	checkBalance(t, page)
	checkElements(t, page, lang)
}

// checkBalance fails on an element that is closed twice, not at all, or in the wrong order.
func checkBalance(t *testing.T, page string) {
	t.Helper()
	void := map[string]bool{"meta": true, "link": true, "img": true, "input": true}
	var open []string
	tokens := html.NewTokenizer(strings.NewReader(page))
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			break
		}
		token := tokens.Token()
		switch {
		case kind == html.StartTagToken && !void[token.Data]:
			open = append(open, token.Data)
		case kind == html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != token.Data {
				t.Fatalf("</%s> closes what is not open, inside %v", token.Data, open)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) != 0 {
		t.Errorf("never closed: %v", open)
	}
}

// checkElements holds the page against the rules that the Content-Security-Policy
// and people who use a screen reader rely on.
func checkElements(t *testing.T, page, lang string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatalf("a page must be HTML: %v", err)
	}
	count, ids := map[string]int{}, map[string]bool{}
	for node := range doc.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		count[node.Data]++
		attr := map[string]string{}
		for _, a := range node.Attr {
			attr[a.Key] = a.Val
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s %s> is inline code, which the Content-Security-Policy forbids", node.Data, a.Key)
			}
			if strings.Contains(a.Val, "ZgotmplZ") {
				t.Errorf("<%s %s> holds an address that html/template refused", node.Data, a.Key)
			}
			if a.Key == "id" && ids[a.Val] {
				t.Errorf("id %s is there twice", a.Val)
			}
		}
		ids[attr["id"]] = true
		checkElement(t, node, attr, lang)
	}
	for _, once := range []string{"h1", "main", "title", "header", "footer"} {
		if count[once] != 1 {
			t.Errorf("a page has one <%s>, this one has %d", once, count[once])
		}
	}
}

func checkElement(t *testing.T, node *html.Node, attr map[string]string, lang string) {
	t.Helper()
	text := ""
	for inner := range node.Descendants() {
		if inner.Type == html.TextNode {
			text += inner.Data
		}
	}
	text = strings.TrimSpace(text)
	switch node.Data {
	case "html":
		if attr["lang"] != lang {
			t.Errorf("lang is %q on a page in %s", attr["lang"], lang)
		}
	case "script":
		if attr["src"] == "" || text != "" {
			t.Error("a script is a file of its own")
		}
	case "style":
		t.Error("style is a file of its own")
	case "img":
		if _, ok := attr["alt"]; !ok {
			t.Error("an image has an alt text")
		}
	case "a", "button", "h1", "h2", "title", "summary", "label":
		if text == "" {
			t.Errorf("<%s> says nothing", node.Data)
		}
		if strings.ContainsAny(text, "{}") {
			t.Errorf("<%s> shows a placeholder: %s", node.Data, text)
		}
	}
}

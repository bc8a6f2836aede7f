package settings_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/identity-starter/settings"
	"example.com/identity-starter/tests"
)

func reader(pairs ...string) *settings.Reader {
	lookup := tests.Environment(pairs...)
	return settings.New(func(name string) string { v, _ := lookup(name); return v })
}

// What is not set is what it is by default, and no problem.
func TestUnsetIsNoProblem(t *testing.T) {
	r := reader("SPACES=  ")
	for _, name := range []string{"UNSET", "SPACES"} {
		got := []any{r.Text(name), r.Bool(name), r.Number(name, 7, 10, 20), r.Shaped(name, regexp.MustCompile("^x$"), "must be x"), len(r.List(name))}
		if want := []any{"", false, 7, "", 0}; !slices.Equal(got, want) || r.Err() != nil {
			t.Errorf("%s: want %v, got %v, %v", name, want, got, r.Err())
		}
	}
}

func TestValuesAreUnderstood(t *testing.T) {
	r := reader("TEXT= a b \r\n", "YES=true", "ONE=1", "NUMBER= 12 ", "LOW=1", "SHAPED=x1", "LIST= a ,, b\r\n,")
	for name, c := range map[string]struct{ got, want any }{
		"TEXT": {r.Text("TEXT"), "a b"}, "YES": {r.Bool("YES"), true}, "ONE": {r.Bool("ONE"), true}, "NUMBER": {r.Number("NUMBER", 0, 1, 12), 12},
		"LOW": {r.Number("LOW", 0, 1, 12), 1}, "SHAPED": {r.Shaped("SHAPED", regexp.MustCompile(`^x\d$`), "must be x and a digit"), "x1"},
		"LIST": {fmt.Sprintf("%q", r.List("LIST")), `["a" "b"]`}, "origin": {fmt.Sprint(r.Origin("BASE", "HTTPS://Shop.example:8080/")), "https://shop.example:8080"},
	} {
		if c.got != c.want {
			t.Errorf("%s: want %v, got %v", name, c.want, c.got)
		}
	}
	if err := r.Err(); err != nil {
		t.Errorf("nothing is wrong with these, got %v", err)
	}
}

// Every problem is told, each in a line that starts with the variable, and no value is.
func TestEveryProblemIsToldUnquoted(t *testing.T) {
	r := reader("BOOL=marker", "NUMBER=marker", "HIGH=13", "SHAPED=marker")
	r.Bool("BOOL")
	r.Number("NUMBER", 0, 1, 12)
	r.Number("HIGH", 0, 1, 12)
	r.Shaped("SHAPED", regexp.MustCompile("^x$"), "must be x")
	if u := r.Origin("ORIGIN", "http://marker/path"); u != nil {
		t.Errorf("what is no origin must be nil, got %v", u)
	}
	r.Wrong("TEAM_OWN", "must be something else")
	want := []string{"BOOL: must be true or false", "NUMBER: must be a number from 1 to 12", "HIGH: must be a number from 1 to 12", "SHAPED: must be x",
		"ORIGIN: must be an origin without a path, like https://verify.example.com", "TEAM_OWN: must be something else"}
	if err := r.Err(); err == nil || !slices.Equal(strings.Split(err.Error(), "\n"), want) {
		t.Errorf("want\n%s\ngot\n%v", strings.Join(want, "\n"), err)
	}
}

func TestLoopback(t *testing.T) {
	for host, want := range map[string]bool{"localhost": true, "LOCALHOST": true, "127.0.0.1": true, "127.8.9.1": true, "::1": true, "": false,
		"0.0.0.0": false, "::": false, "localhost.example": false, "127.0.0.1.example": false, "10.0.0.1": false, "127.1": false} {
		if got := settings.IsLoopback(host); got != want {
			t.Errorf("%q reaches this machine only: want %v, got %v", host, want, got)
		}
	}
}

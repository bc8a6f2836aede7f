package tests

import (
	"os"
	"strings"
	"testing"
)

// Read is a file's text.
func Read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n") // git may have made them on Windows
}

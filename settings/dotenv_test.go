package settings_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/identity-starter/settings"
	"example.com/identity-starter/tests"
)

// A file is below the environment, and none is fine.
func TestNoDotenv(t *testing.T) {
	getenv, err := settings.Dotenv(filepath.Join(t.TempDir(), ".env"), tests.Environment("APP_NAME=Mine"))
	if err != nil || getenv("APP_NAME") != "Mine" || getenv("ADDR") != "" {
		t.Errorf("no .env must be fine, got %v", err)
	}
	path := filepath.Join(tests.WriteDotenv(t, "\xef\xbb\xbfAPP_NAME=From file\r\nTEAM_COLOR='blue'\r\n"), ".env")
	getenv, err = settings.Dotenv(path, tests.Environment("APP_NAME=Mine", "LOG_LEVEL="))
	if err != nil || getenv("APP_NAME") != "Mine" || getenv("TEAM_COLOR") != "blue" || getenv("LOG_LEVEL") != "" {
		t.Errorf("the environment must go before the file, got %q, %q, %v", getenv("APP_NAME"), getenv("TEAM_COLOR"), err)
	}
}

// A .env that does not parse holds secrets all the same: nothing of it is printed.
func TestDotenvThatDoesNotParse(t *testing.T) {
	for name, file := range map[string]string{
		"no equals sign": "STRIPE_SECRET_KEY sk_test_marker\n", "an open quote": "STRIPE_SECRET_KEY=\"sk_test_marker\nAPP_NAME=marker\n",
		"a bad name": "STRIPE-SECRET(marker)=1\n", "binary": "\x00\x01marker", "a value alone": "whsec_marker\n",
		"UTF-16": "\xff\xfem\x00a\x00r\x00k\x00=\x001\x00", "good, then bad": "STRIPE_SECRET_KEY=sk_test_marker\nmarker\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := settings.Dotenv(filepath.Join(tests.WriteDotenv(t, file), ".env"), tests.Environment())
			if err == nil {
				t.Fatal("the file must be refused")
			}
			message := err.Error()
			if !strings.HasPrefix(message, ".env: ") || !strings.Contains(message, "NAME=value") || strings.Contains(message, "\n") {
				t.Errorf("the message must be one line that says how a line looks, got %q", message)
			}
			if strings.Contains(message, "mark") || strings.Contains(message, "STRIPE") {
				t.Errorf("nothing of the file may be printed, got %q", message)
			}
		})
	}
	folder := filepath.Join(t.TempDir(), ".env")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := settings.Dotenv(folder, tests.Environment()); err == nil || !strings.HasPrefix(err.Error(), ".env: ") {
		t.Errorf("a .env that is a folder must be said to be one that cannot be read, got %v", err)
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDotenv(t *testing.T) {
	good := strings.Join(Enough(), "\n") + "\nAPP_NAME=From file\n"
	for name, c := range map[string]struct {
		file    string
		env     []string
		appName string
	}{
		"as it should be":            {good, nil, "From file"},
		"with a byte order mark":     {"\xef\xbb\xbf" + good, nil, "From file"},
		"with Windows line ends":     {strings.ReplaceAll(good, "\n", "\r\n"), nil, "From file"},
		"with mark and Windows ends": {"\xef\xbb\xbf" + strings.ReplaceAll(good, "\n", "\r\n"), nil, "From file"},
		"without an end of line":     {strings.TrimSpace(good), nil, "From file"},
		"with comments and quotes":   {"# a comment\n\nexport LOG_LEVEL='warn' # why\n" + good + "APP_NAME=\"In quotes\"\n", nil, "In quotes"},
		"below the environment":      {good, []string{"APP_NAME=From environment"}, "From environment"},
		"wrong below a right one":    {good + "BASE_URL=nonsense\n", []string{"BASE_URL=http://localhost:4242"}, "From file"},
		"empty":                      {"", Enough(), "Identity starter"},
		"a mark and nothing else":    {"\xef\xbb\xbf", Enough(), "Identity starter"},
	} {
		t.Run(name, func(t *testing.T) {
			getenv, err := dotenv(filepath.Join(WriteDotenv(t, c.file), ".env"), Environment(c.env...))
			if err != nil {
				t.Fatalf("the file must be read: %v", err)
			}
			settings, err := loadConfig(getenv)
			if err != nil || settings.appName != c.appName {
				t.Errorf("APP_NAME must be %q and nothing wrong, got %q, %v", c.appName, settings.appName, err)
			}
		})
	}
	getenv, err := dotenv(filepath.Join(t.TempDir(), ".env"), Environment("APP_NAME=Mine"))
	if err != nil || getenv("APP_NAME") != "Mine" || getenv("ADDR") != "" {
		t.Errorf("no .env must be fine, got %v", err)
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
			_, err := dotenv(filepath.Join(WriteDotenv(t, file), ".env"), Environment())
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
	if _, err := dotenv(folder, Environment()); err == nil || !strings.HasPrefix(err.Error(), ".env: ") {
		t.Errorf("a .env that is a folder must be said to be one that cannot be read, got %v", err)
	}
}

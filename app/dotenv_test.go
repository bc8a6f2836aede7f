package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/identity-starter/settings"
)

// writeDotenv makes a .env file.
func writeDotenv(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Settings are enough from whatever .env people have, and below the environment.
func TestDotenv(t *testing.T) {
	good := strings.Join(enough(), "\n") + "\nAPP_NAME=From file\n"
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
		"empty":                      {"", enough(), defaultName},
		"a mark and nothing else":    {"\xef\xbb\xbf", enough(), defaultName},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := settings.Dotenv(writeDotenv(t, c.file), environment(c.env...))
			if err != nil {
				t.Fatalf("the file must be read: %v", err)
			}
			p, err := load(r, nobody)
			if err != nil || p.web.AppName != c.appName {
				t.Errorf("APP_NAME must be %q and nothing wrong, got %q, %v", c.appName, p.web.AppName, err)
			}
		})
	}
}

package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/identity-starter/settings"
)

// A .env file may hold anything: an error quotes nothing of it.
func FuzzDotenv(f *testing.F) {
	for _, seed := range []string{"", "A=b", "A", "\xef\xbb\xbfA=b\r\nC='d", "export A=\"b\nc\"", "A=${B}${A}", "=x", "A=b # c", "\x00", "A: b", "A=\\", `A="\"`, "#"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), ".env")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := settings.Dotenv(path, func(string) (string, bool) { return "", false })
		if err != nil {
			if strings.Count(err.Error(), "\n") > 0 || !strings.HasPrefix(err.Error(), ".env: ") {
				t.Errorf("an error must say how a line looks, and quote nothing, got %q", err)
			}
			return
		}
		_, err = load(r, nobody)
		for _, value := range []string{r.Text("STRIPE_SECRET_KEY"), r.Text("STRIPE_WEBHOOK_SECRET"), r.Text("BASE_URL")} {
			if err != nil && len(value) > 12 && strings.Contains(err.Error(), value) {
				t.Errorf("an error must not quote a value, got %q", err)
			}
		}
	})
}

package app

import (
	"log/slog"
	"net/netip"
	"runtime"
	"slices"
	"testing"
)

func TestDefaults(t *testing.T) {
	c, err := load(settingsOf("ADDR="), nobody)
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]struct{ have, want any }{
		"ADDR": {c.addr, "localhost:4242"}, "BASE_URL": {c.web.BaseURL.String(), "http://localhost:4242"}, "DATABASE_URL": {c.database, "starter.db"},
		"MAX_VERIFICATION_ATTEMPTS": {c.store.MaxAttempts, 3}, "MAX_CHECKS_PER_DAY": {c.store.MaxPerDay, 0}, "RATE_LIMIT_PER_MINUTE": {c.web.RatePerMinute, 30},
		"STRIPE_REQUESTS_PER_SECOND": {c.gateway.RequestsPerSecond, 20}, "APP_NAME": {c.web.AppName, defaultName}, "SUPPORT_URL": {c.web.SupportURL, ""},
		"SIGN_IN_URL": {c.web.SignInURL, ""}, "CONTINUE_URL": {c.web.ContinueURL, "/members"},
		"STRIPE_JS": {c.web.StripeJS, false}, "REQUIRE_MATCHING_SELFIE": {c.gateway.Check.Selfie, false}, "REQUIRE_LIVE_CAPTURE": {c.gateway.Check.LiveCapture, false},
		"LOG_LEVEL": {c.logLevel, slog.LevelInfo}, "STRIPE_CLIENT_ID": {c.gateway.ClientID, ""}, "STRIPE_VERIFICATION_FLOW": {c.gateway.Check.Flow, ""},
		"AUTH_USER_HEADER": {c.web.AuthUserHeader, ""}, "TRUSTED_PROXIES": {len(c.web.TrustedProxies), 0}, "STRIPE_API_BASE": {c.gateway.APIBase, ""},
		"STRIPE_CONNECT_BASE": {c.gateway.ConnectBase, ""}, "the mode": {c.web.Live, false},
	} {
		if got.have != got.want {
			t.Errorf("%s must be %v by default, got %v", name, got.want, got.have)
		}
	}
}

func TestRightSettings(t *testing.T) {
	drive := "/" // C: is a folder's name, but on Windows
	if runtime.GOOS == "windows" {
		drive = ""
	}
	for _, c := range []struct {
		pairs []string
		ok    func(c *program) bool
	}{
		{[]string{"STRIPE_SECRET_KEY=rk_test_simulator"}, func(c *program) bool { return !c.web.Live }},
		{[]string{"STRIPE_SECRET_KEY= sk_test_simulator\r\n"}, func(c *program) bool { return c.gateway.SecretKey == "sk_test_simulator" }},
		{[]string{"STRIPE_WEBHOOK_SECRET= whsec_a , whsec_b\r\n,whsec_c\n"},
			func(c *program) bool {
				return slices.Equal(c.gateway.WebhookSecrets, []string{"whsec_a", "whsec_b", "whsec_c"})
			}},
		{[]string{"ADDR=", "PORT=8080"}, func(c *program) bool { return c.addr == ":8080" }},
		{[]string{"ADDR=localhost:1234", "PORT=8080"}, func(c *program) bool { return c.addr == "localhost:1234" }},
		{[]string{"BASE_URL=https://Verify.Example.test/"}, func(c *program) bool { return c.web.BaseURL.String() == "https://verify.example.test" }},
		{[]string{"DATABASE_URL=file:/srv/a%20b.db"}, func(c *program) bool { return c.database == "/srv/a b.db" }},
		{[]string{"DATABASE_URL=file:///srv/a.db"}, func(c *program) bool { return c.database == "/srv/a.db" }},
		{[]string{"DATABASE_URL=file:///C:/a.db"}, func(c *program) bool { return c.database == drive+"C:/a.db" }},
		{[]string{"DATABASE_URL=C:/a.db"}, func(c *program) bool { return c.database == "C:/a.db" }},
		{[]string{`DATABASE_URL=file:C:\a.db`}, func(c *program) bool { return c.database == `C:\a.db` }},
		{[]string{"DATABASE_URL=a.db"}, func(c *program) bool { return c.database == "a.db" }},
		{[]string{"MAX_VERIFICATION_ATTEMPTS=100"}, func(c *program) bool { return c.store.MaxAttempts == 100 }},
		{[]string{"RATE_LIMIT_PER_MINUTE=0", "STRIPE_REQUESTS_PER_SECOND=0"},
			func(c *program) bool { return c.web.RatePerMinute == 0 && c.gateway.RequestsPerSecond == 0 }},
		{[]string{"REQUIRE_MATCHING_SELFIE=true", "REQUIRE_LIVE_CAPTURE=true", "STRIPE_JS=true"},
			func(c *program) bool { return c.gateway.Check.Selfie && c.gateway.Check.LiveCapture && c.web.StripeJS }},
		{[]string{"AUTH_USER_HEADER=X-Auth-User"}, func(c *program) bool { return c.web.AuthUserHeader == "X-Auth-User" }},
		{[]string{"AUTH_USER_HEADER=X-Auth-User", "ADDR=:0", "TRUSTED_PROXIES=10.0.0.0/8, 2001:db8::/32"}, func(c *program) bool {
			return slices.Equal(c.web.TrustedProxies, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")})
		}},
		{[]string{"AUTH_USER_HEADER=X-Auth-User", "ADDR=[::1]:0"}, func(c *program) bool { return len(c.web.TrustedProxies) == 0 }},
		{[]string{"SIGN_IN_URL=https://example.test/sign-in?to=verify#top", "CONTINUE_URL=/shop?from=verify"}, func(c *program) bool {
			return c.web.SignInURL == "https://example.test/sign-in?to=verify#top" && c.web.ContinueURL == "/shop?from=verify"
		}},
		{[]string{"SUPPORT_URL=mailto:help@example.test"}, func(c *program) bool { return c.web.SupportURL == "mailto:help@example.test" }},
		{[]string{"SUPPORT_URL=https://help.example.test/verify?a=1"}, func(c *program) bool { return c.web.SupportURL != "" }},
		{[]string{"STRIPE_SECRET_KEY=rkcs_test_simulator"}, func(c *program) bool { return !c.web.Live }},
		{[]string{"DATABASE_URL=FILE:/srv/a:b.db"}, func(c *program) bool { return c.database == "/srv/a:b.db" }},
		{[]string{"LOG_LEVEL=debug"}, func(c *program) bool { return c.logLevel == slog.LevelDebug }},
		{[]string{"LOG_LEVEL=ERROR"}, func(c *program) bool { return c.logLevel == slog.LevelError }},
		{[]string{"STRIPE_API_BASE=http://localhost:12111", "STRIPE_CONNECT_BASE=http://127.0.0.1:1/"},
			func(c *program) bool {
				return c.gateway.APIBase == "http://localhost:12111" && c.gateway.ConnectBase == "http://127.0.0.1:1"
			}},
		{[]string{"STRIPE_API_BASE=http://[::1]:1", "STRIPE_CONNECT_BASE=https://127.0.0.2:1"},
			func(c *program) bool {
				return c.gateway.APIBase == "http://[::1]:1" && c.gateway.ConnectBase == "https://127.0.0.2:1"
			}},
	} {
		got, err := load(settingsOf(c.pairs...), nobody)
		if err != nil {
			t.Errorf("%q must be taken: %v", c.pairs, err)
		} else if !c.ok(got) {
			t.Errorf("%q must be understood, got %+v", c.pairs, got)
		}
	}
}

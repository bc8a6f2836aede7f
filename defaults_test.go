package main

import (
	"log/slog"
	"net/netip"
	"slices"
	"testing"
)

func TestDefaults(t *testing.T) {
	c, err := loadConfig(SettingsOf("ADDR="))
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]struct{ have, want any }{
		"ADDR": {c.addr, "localhost:4242"}, "BASE_URL": {c.baseURL.String(), "http://localhost:4242"}, "DATABASE_URL": {c.database, "starter.db"},
		"MAX_VERIFICATION_ATTEMPTS": {c.maxAttempts, 3}, "MAX_CHECKS_PER_DAY": {c.maxPerDay, 0}, "RETENTION_DAYS": {c.retentionDays, 0}, "RATE_LIMIT_PER_MINUTE": {c.ratePerMinute, 30},
		"STRIPE_REQUESTS_PER_SECOND": {c.stripePerSecond, 20}, "APP_NAME": {c.appName, "Identity starter"}, "SUPPORT_URL": {c.supportURL, ""},
		"STRIPE_JS": {c.stripeJS, false}, "REQUIRE_MATCHING_SELFIE": {c.matchingSelfie, false}, "REQUIRE_LIVE_CAPTURE": {c.liveCamera, false},
		"LOG_LEVEL": {c.logLevel, slog.LevelInfo}, "STRIPE_CLIENT_ID": {c.clientID, ""}, "STRIPE_VERIFICATION_FLOW": {c.verificationFlow, ""},
		"AUTH_USER_HEADER": {c.authUserHeader, ""}, "TRUSTED_PROXIES": {len(c.trustedProxies), 0}, "STRIPE_API_BASE": {c.apiBase, ""},
		"STRIPE_CONNECT_BASE": {c.connectBase, ""}, "the mode": {c.live, false},
	} {
		if got.have != got.want {
			t.Errorf("%s must be %v by default, got %v", name, got.want, got.have)
		}
	}
}

func TestRightSettings(t *testing.T) {
	for _, c := range []struct {
		pairs []string
		ok    func(c config) bool
	}{
		{[]string{"STRIPE_SECRET_KEY=rk_test_simulator"}, func(c config) bool { return !c.live }},
		{[]string{"STRIPE_SECRET_KEY= sk_test_simulator\r\n"}, func(c config) bool { return c.secretKey == "sk_test_simulator" }},
		{[]string{"STRIPE_WEBHOOK_SECRET= whsec_a , whsec_b\r\n,whsec_c\n"},
			func(c config) bool { return slices.Equal(c.webhookSecrets, []string{"whsec_a", "whsec_b", "whsec_c"}) }},
		{[]string{"ADDR=", "PORT=8080"}, func(c config) bool { return c.addr == ":8080" }},
		{[]string{"ADDR=localhost:1234", "PORT=8080"}, func(c config) bool { return c.addr == "localhost:1234" }},
		{[]string{"BASE_URL=https://Verify.Example.test/"}, func(c config) bool { return c.baseURL.String() == "https://verify.example.test" }},
		{[]string{"DATABASE_URL=file:/srv/a%20b.db"}, func(c config) bool { return c.database == "/srv/a b.db" }},
		{[]string{"DATABASE_URL=file:///srv/a.db"}, func(c config) bool { return c.database == "/srv/a.db" }},
		{[]string{"DATABASE_URL=a.db"}, func(c config) bool { return c.database == "a.db" }},
		{[]string{"MAX_VERIFICATION_ATTEMPTS=100"}, func(c config) bool { return c.maxAttempts == 100 }},
		{[]string{"RATE_LIMIT_PER_MINUTE=0", "STRIPE_REQUESTS_PER_SECOND=0"},
			func(c config) bool { return c.ratePerMinute == 0 && c.stripePerSecond == 0 }},
		{[]string{"REQUIRE_MATCHING_SELFIE=true", "REQUIRE_LIVE_CAPTURE=true", "STRIPE_JS=true"},
			func(c config) bool { return c.matchingSelfie && c.liveCamera && c.stripeJS }},
		{[]string{"AUTH_USER_HEADER=X-Auth-User"}, func(c config) bool { return c.authUserHeader == "X-Auth-User" }},
		{[]string{"AUTH_USER_HEADER=X-Auth-User", "ADDR=:0", "TRUSTED_PROXIES=10.0.0.0/8, 2001:db8::/32"}, func(c config) bool {
			return slices.Equal(c.trustedProxies, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")})
		}},
		{[]string{"AUTH_USER_HEADER=X-Auth-User", "ADDR=[::1]:0"}, func(c config) bool { return len(c.trustedProxies) == 0 }},
		{[]string{"SUPPORT_URL=mailto:help@example.test"}, func(c config) bool { return c.supportURL == "mailto:help@example.test" }},
		{[]string{"SUPPORT_URL=https://help.example.test/verify?a=1"}, func(c config) bool { return c.supportURL != "" }},
		{[]string{"LOG_LEVEL=debug"}, func(c config) bool { return c.logLevel == slog.LevelDebug }},
		{[]string{"LOG_LEVEL=ERROR"}, func(c config) bool { return c.logLevel == slog.LevelError }},
		{[]string{"STRIPE_API_BASE=http://localhost:12111", "STRIPE_CONNECT_BASE=http://127.0.0.1:1/"},
			func(c config) bool {
				return c.apiBase == "http://localhost:12111" && c.connectBase == "http://127.0.0.1:1"
			}},
		{[]string{"STRIPE_API_BASE=http://[::1]:1", "STRIPE_CONNECT_BASE=https://127.0.0.2:1"},
			func(c config) bool { return c.apiBase == "http://[::1]:1" && c.connectBase == "https://127.0.0.2:1" }},
	} {
		got, err := loadConfig(SettingsOf(c.pairs...))
		if err != nil {
			t.Errorf("%q must be taken: %v", c.pairs, err)
		} else if !c.ok(got) {
			t.Errorf("%q must be understood, got %+v", c.pairs, got)
		}
	}
}

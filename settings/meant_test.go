package settings_test

import (
	"strings"
	"testing"
)

// A name that no setting has, but that looks like one, is told of with the one that was
// probably meant. What belongs to others is left alone.
func TestNamesThatLookLikeASetting(t *testing.T) {
	asked := []string{"STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_CLIENT_ID", "STRIPE_JS", "STRIPE_API_BASE", "STRIPE_VERIFICATION_FLOW", "ADDR", "PORT",
		"BASE_URL", "DATABASE_URL", "REQUIRE_MATCHING_SELFIE", "REQUIRE_LIVE_CAPTURE", "MAX_VERIFICATION_ATTEMPTS", "MAX_CHECKS_PER_DAY", "APP_NAME",
		"SUPPORT_URL", "SMTP_URL", "MAIL_FROM", "REVIEWERS", "RETENTION_DAYS", "TOKEN_KEY", "LOG_LEVEL", "TRUSTED_PROXIES", "TEAM_COLOR"}
	for name, meant := range map[string]string{
		"REQUIRE_MATCHING_SELFY": "REQUIRE_MATCHING_SELFIE", "REQUIRE_MATCHING_SELFIES": "REQUIRE_MATCHING_SELFIE", "REQUIRE_SELFIE": "REQUIRE_MATCHING_SELFIE",
		"require_matching_selfie": "REQUIRE_MATCHING_SELFIE", "Require_Live_Capture": "REQUIRE_LIVE_CAPTURE", "REQUIRE LIVE CAPTURE": "REQUIRE_LIVE_CAPTURE",
		"REQUIRE.LIVE.CAPTURE": "REQUIRE_LIVE_CAPTURE", "STRIPE_SECRET": "STRIPE_SECRET_KEY", "STRIPE_SECRET_KY": "STRIPE_SECRET_KEY",
		"STRPIE_SECRET_KEY": "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRETS": "STRIPE_WEBHOOK_SECRET", "STRIPE_CLIENTID": "STRIPE_CLIENT_ID",
		"MAX_ATTEMPTS": "MAX_VERIFICATION_ATTEMPTS", "MAX_CHECKS": "MAX_CHECKS_PER_DAY", "BASE_ULR": "BASE_URL", "BASE_URI": "BASE_URL", "DATABASE_URI": "DATABASE_URL",
		"REVIEWER": "REVIEWERS", "RETENTION_DAY": "RETENTION_DAYS", "port": "PORT", "TEAM_COLOUR": "TEAM_COLOR", "TRUSTED_PROXY": "TRUSTED_PROXIES",
		"SUPORT_URL": "SUPPORT_URL", "export": "", "STRIPE": "", "TEAM_SIZE": "", "COMPOSE_PROJECT_NAME": "", "POSTGRES_PASSWORD": "", "POSTGRES_URL": "", "NODE_ENV": "",
		"HOST": "", "SMTP_HOST": "", "SMTP_USER": "", "SMTP_PORT": "", "SMTP_PASSWORD": "", "MAIL_HOST": "", "APP_ENV": "", "APP_KEY": "", "APP_URL": "", "DB_NAME": "",
		"STRIPE_PUBLISHABLE_KEY": "", "STRIPE_API_KEY": "", "AWS_SECRET_ACCESS_KEY": "", "CLIENT_ID": "", "API_URL": "", "LOG_FILE": "", "SITE_URL": "",
		"TZ": "", "PATH": "", "REDIS_URL": "", "SENTRY_DSN": "", "BASE_URL": "",
	} {
		r, err := dotenv(t, name+"=marker\n")
		if err != nil {
			t.Errorf("%s must parse, got %v", name, err)
			continue
		}
		for _, setting := range asked {
			r.Text(setting)
		}
		got := strings.Join(r.Doubts(), "\n")
		if meant == "" && got != "" {
			t.Errorf("%s is no setting's name and looks like none: it must be left alone, got %q", name, got)
		} else if meant != "" && (!strings.HasPrefix(got, name+": ") || !strings.Contains(got, "write "+meant+",") || strings.Contains(got, "\n") || strings.Contains(got, "marker")) {
			t.Errorf("%s must be named with %s, in one line and without the value, got %q", name, meant, got)
		}
	}
}

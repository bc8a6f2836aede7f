package main

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/joho/godotenv"
)

// config is every setting, checked. The README and .env.example explain them.
type config struct {
	secretKey      string
	webhookSecrets []string
	clientID       string
	live           bool

	baseURL  *url.URL
	addr     string
	database string

	verificationFlow           string
	matchingSelfie, liveCamera bool

	maxAttempts, maxPerDay int
	retentionDays          int // 0: nothing is redacted by itself
	ratePerMinute          int
	stripePerSecond        int

	authUserHeader string
	trustedProxies []netip.Prefix

	reviewers []string // user ids, or, without authUserHeader, name:password

	appName, supportURL string
	stripeJS            bool
	smtp                *url.URL // nil: no mail goes out
	mailFrom            string
	logLevel            slog.Level

	tokenKey []byte // nil: refresh tokens are not kept

	apiBase, connectBase string
}

// url is the public address of a path of ours; "" where the port is not known yet.
func (c config) url(path string) string {
	if c.baseURL == nil {
		return ""
	}
	return c.baseURL.JoinPath(path).String()
}

// dotenv reads settings from a .env file, below those of the environment. The
// parser's own words are never shown, because they quote the file, keys and all.
func dotenv(path string, lookup func(string) (string, bool)) (func(string) string, error) {
	file, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, errors.New(".env: cannot be read: check that it is a file and that you may read it")
	}
	// Windows editors put a byte order mark in front, which would become a part of the first name.
	values, err := godotenv.UnmarshalBytes(bytes.TrimPrefix(file, []byte("\xef\xbb\xbf")))
	if err != nil {
		return nil, errors.New(".env: does not parse: every line is NAME=value, or a comment that starts with #")
	}
	return func(name string) string {
		if v, ok := lookup(name); ok {
			return v
		}
		return values[name]
	}, nil
}

// loadConfig reads the settings; the error joins every problem found.
func loadConfig(getenv func(string) string) (config, error) {
	s := &settings{getenv: getenv}
	c := config{
		appName: cmp.Or(s.get("APP_NAME"), "Identity starter"),

		matchingSelfie: s.boolean("REQUIRE_MATCHING_SELFIE"),
		liveCamera:     s.boolean("REQUIRE_LIVE_CAPTURE"),
		stripeJS:       s.boolean("STRIPE_JS"),

		maxAttempts:     s.number("MAX_VERIFICATION_ATTEMPTS", 3, 1, 100),
		maxPerDay:       s.number("MAX_CHECKS_PER_DAY", 0, 1, 1_000_000_000),
		retentionDays:   s.number("RETENTION_DAYS", 0, 1, 36_500),
		ratePerMinute:   s.number("RATE_LIMIT_PER_MINUTE", 30, 0, 1_000_000),
		stripePerSecond: s.number("STRIPE_REQUESTS_PER_SECOND", 20, 0, 10_000),
	}
	s.stripe(&c)
	s.addresses(&c)
	s.database(&c)
	s.users(&c)
	c.reviewers = s.reviewers("REVIEWERS", c)
	s.support(&c)
	s.bases(&c)
	s.tokenKey(&c)
	s.mail(&c)
	if err := c.logLevel.UnmarshalText([]byte(cmp.Or(s.get("LOG_LEVEL"), "info"))); err != nil {
		s.wrong("LOG_LEVEL", "must be debug, info, warn or error")
	}
	return c, errors.Join(s.problems...)
}

var (
	keyShape    = regexp.MustCompile(`^(sk|rk)_(test|live)_[A-Za-z0-9_]+$`)
	secretShape = regexp.MustCompile(`^whsec_[A-Za-z0-9_+/=-]+$`)
	clientShape = regexp.MustCompile(`^ca_[A-Za-z0-9_]+$`)
	flowShape   = regexp.MustCompile(`^vf_[A-Za-z0-9_]+$`)
	hostShape   = regexp.MustCompile(`^([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]+)?$`)
	headerShape = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
)

func (s *settings) stripe(c *config) {
	c.secretKey = s.get("STRIPE_SECRET_KEY")
	c.live = strings.HasPrefix(c.secretKey, "sk_live_") || strings.HasPrefix(c.secretKey, "rk_live_")
	switch {
	case c.secretKey == "":
		s.wrong("STRIPE_SECRET_KEY", "is not set: take the test key from https://dashboard.stripe.com/test/apikeys")
	case strings.HasPrefix(c.secretKey, "pk_"):
		s.wrong("STRIPE_SECRET_KEY", "is a publishable key: the secret one starts with sk_test_ or rk_test_")
	case !keyShape.MatchString(c.secretKey):
		s.wrong("STRIPE_SECRET_KEY", "must start with sk_test_, rk_test_, sk_live_ or rk_live_")
	}
	for _, secret := range strings.Split(s.get("STRIPE_WEBHOOK_SECRET"), ",") {
		if secret = strings.TrimSpace(secret); secretShape.MatchString(secret) {
			c.webhookSecrets = append(c.webhookSecrets, secret)
		} else if secret != "" {
			s.wrong("STRIPE_WEBHOOK_SECRET", "each secret must start with whsec_, separated by commas")
		}
	}
	if strings.Trim(s.get("STRIPE_WEBHOOK_SECRET"), ", ") == "" {
		s.wrong("STRIPE_WEBHOOK_SECRET", "is not set: on your machine, take what `stripe listen --print-secret` prints")
	}
	c.clientID = s.shaped("STRIPE_CLIENT_ID", clientShape, "must start with ca_: it is in the Dashboard under Connect, Onboarding options, OAuth")
	c.verificationFlow = s.shaped("STRIPE_VERIFICATION_FLOW", flowShape, "must start with vf_: it is in the Dashboard under Identity, Verification flows")
}

func (s *settings) addresses(c *config) {
	c.addr = s.get("ADDR")
	if port := s.get("PORT"); c.addr == "" && port != "" {
		c.addr = ":" + port
	}
	c.addr = cmp.Or(c.addr, "localhost:4242")
	_, port, err := net.SplitHostPort(c.addr)
	if err != nil || !isPort(port) {
		s.wrong("ADDR", "must be host:port, like localhost:4242 or :8080 (PORT: a number)")
	}
	base := s.get("BASE_URL")
	if base == "" && port == "0" {
		return // run fills it in when it knows the port
	}
	c.baseURL = s.origin("BASE_URL", cmp.Or(base, "http://localhost:4242"))
	if c.live && c.baseURL != nil && c.baseURL.Scheme != "https" {
		s.wrong("BASE_URL", "must start with https:// with a live key")
	}
}

// database takes a path, or the file: address of one. Parameters are refused:
// the ones that keep the data safe are ours.
func (s *settings) database(c *config) {
	path := cmp.Or(s.get("DATABASE_URL"), "file:starter.db")
	if rest, isURL := strings.CutPrefix(path, "file:"); isURL {
		rest = strings.TrimPrefix(strings.TrimPrefix(rest, "//localhost"), "//")
		unescaped, err := url.PathUnescape(rest)
		if err != nil || strings.ContainsAny(rest, "?#") {
			s.wrong("DATABASE_URL", "must be file:NAME without parameters")
			return
		}
		path = unescaped
	}
	if path == "" || path == ":memory:" || strings.ContainsRune(path, 0) {
		s.wrong("DATABASE_URL", "must name a file: what is recorded has to survive a restart")
		return
	}
	if c.live && !filepath.IsAbs(path) {
		s.wrong("DATABASE_URL", "must be an absolute path with a live key, like file:/var/lib/identity/starter.db")
	}
	c.database = path
}

func (s *settings) users(c *config) {
	c.authUserHeader = s.shaped("AUTH_USER_HEADER", headerShape, "must be the name of a request header, like X-Auth-User")
	var malformed error
	for _, text := range strings.Split(s.get("TRUSTED_PROXIES"), ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		var prefix netip.Prefix
		if prefix, malformed = netip.ParsePrefix(text); malformed != nil {
			s.wrong("TRUSTED_PROXIES", "must be CIDRs separated by commas, like 10.0.0.0/8")
			break
		}
		c.trustedProxies = append(c.trustedProxies, prefix)
	}
	host, _, _ := net.SplitHostPort(c.addr)
	if c.authUserHeader != "" && malformed == nil && len(c.trustedProxies) == 0 && !isLoopback(host) {
		s.wrong("TRUSTED_PROXIES", "is required with AUTH_USER_HEADER unless ADDR is loopback: else anybody could send the header")
	}
	if c.live && c.authUserHeader == "" && !s.boolean("ALLOW_ANONYMOUS_USERS") {
		s.wrong("AUTH_USER_HEADER", "is required with a live key: anonymous users can clear their cookie, and with it their attempts "+
			"(ALLOW_ANONYMOUS_USERS=true accepts that)")
	}
}

func (s *settings) support(c *config) {
	c.supportURL = s.get("SUPPORT_URL")
	u, err := url.Parse(c.supportURL)
	switch {
	case c.supportURL == "" && c.live:
		s.wrong("SUPPORT_URL", "is required with a live key: an https or mailto URL for people whom Stripe cannot verify")
	case c.supportURL == "":
	case err != nil || !(u.Scheme == "https" && u.Host != "" || u.Scheme == "mailto" && u.Opaque != ""):
		s.wrong("SUPPORT_URL", "must start with https:// or mailto:")
	}
}

func (s *settings) tokenKey(c *config) {
	text := s.get("TOKEN_KEY")
	if text == "" {
		return
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) != 32 {
		s.wrong("TOKEN_KEY", "must be 32 bytes in base64: make one with `openssl rand -base64 32`")
		return
	}
	c.tokenKey = key
}

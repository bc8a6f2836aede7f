package app

import (
	"cmp"
	"encoding/base64"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"

	"example.com/identity-starter/gateway"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/store"
)

// readCore reads the core's settings, which .env.example explains, to
// where they are needed.
func (p *program) readCore(r *settings.Reader) {
	p.readStripe(r)
	p.readAddresses(r)
	p.database = p.readDatabase(r, "DATABASE_URL", cmp.Or(r.Text("DATABASE_URL"), "file:starter.db"))
	p.readUsers(r)
	p.readPages(r)
	p.gateway.APIBase, p.gateway.ConnectBase = p.base(r, "STRIPE_API_BASE"), p.base(r, "STRIPE_CONNECT_BASE")
	p.readTokenKey(r)
	p.store.MaxAttempts = r.Number("MAX_VERIFICATION_ATTEMPTS", 3, 1, 100)
	p.store.MaxPerDay = r.Number("MAX_CHECKS_PER_DAY", 0, 1, 1_000_000_000)
	p.web.RatePerMinute = r.Number("RATE_LIMIT_PER_MINUTE", 30, 0, 1_000_000)
	p.gateway.RequestsPerSecond = r.Number("STRIPE_REQUESTS_PER_SECOND", 20, 0, 10_000)
	if err := p.logLevel.UnmarshalText([]byte(cmp.Or(r.Text("LOG_LEVEL"), "info"))); err != nil {
		r.Wrong("LOG_LEVEL", "must be debug, info, warn or error")
	}
}

// defaultName is on the pages of those who name themselves nowhere.
const defaultName = "Identity starter"

var (
	keyShape    = regexp.MustCompile(`^((sk|rk)_(test|live)|rkcs_test)_[A-Za-z0-9_]+$`)
	secretShape = regexp.MustCompile(`^whsec_[A-Za-z0-9_+/=-]+$`)
	clientShape = regexp.MustCompile(`^ca_[A-Za-z0-9_]+$`)
	flowShape   = regexp.MustCompile(`^vf_[A-Za-z0-9_]+$`)
	headerShape = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
)

func (p *program) readStripe(r *settings.Reader) {
	p.gateway.SecretKey = r.Text("STRIPE_SECRET_KEY")
	p.web.Live = strings.HasPrefix(p.gateway.SecretKey, "sk_live_") || strings.HasPrefix(p.gateway.SecretKey, "rk_live_")
	p.store.Livemode = p.web.Live
	switch key := p.gateway.SecretKey; {
	case key == "":
		r.Wrong("STRIPE_SECRET_KEY", "is not set: take the test key from https://dashboard.stripe.com/apikeys")
	case !keyShape.MatchString(key):
		r.Wrong("STRIPE_SECRET_KEY", isNot(key, "a secret or restricted key of one account, which starts with sk_test_, rk_test_, sk_live_ or rk_live_"))
	}
	secrets := r.List("STRIPE_WEBHOOK_SECRET")
	if len(secrets) == 0 {
		r.Wrong("STRIPE_WEBHOOK_SECRET", "is not set: on your machine, take what `stripe listen --print-secret` prints")
	}
	for _, secret := range secrets {
		if secretShape.MatchString(secret) {
			p.gateway.WebhookSecrets = append(p.gateway.WebhookSecrets, secret)
		} else {
			r.Wrong("STRIPE_WEBHOOK_SECRET", isNot(secret, "a webhook's signing secret, which starts with whsec_; several are separated by commas"))
			break
		}
	}
	p.gateway.ClientID = ofStripe(r, "STRIPE_CLIENT_ID", clientShape, "a client id, which starts with ca_: it is in the Dashboard under Connect, Onboarding options, OAuth")
	// What the team has Stripe check is added to what the settings say.
	flow := ofStripe(r, "STRIPE_VERIFICATION_FLOW", flowShape, "a verification flow, which starts with vf_: it is in the Dashboard under Identity, Verification flows")
	selfie, live := r.Bool("REQUIRE_MATCHING_SELFIE"), r.Bool("REQUIRE_LIVE_CAPTURE")
	check := p.team.Check
	p.gateway.Check = gateway.Check{Flow: cmp.Or(flow, check.Flow), Documents: check.Documents,
		Selfie: selfie || check.Selfie, LiveCapture: live || check.LiveCapture}
}

// ofStripe reads what Stripe has made, if it is set.
func ofStripe(r *settings.Reader, name string, shape *regexp.Regexp, what string) string {
	return r.Shaped(name, shape, isNot(r.Text(name), what))
}

// isNot says what must be, and by how the value starts what it is: one is often taken for another.
func isNot(value, what string) string {
	start, _, _ := strings.Cut(value, "_")
	is := map[string]string{"pk": "is a publishable key", "sk": "is a secret key", "rk": "is a restricted key", "rkcs": "is a restricted key",
		"whsec": "is a webhook's signing secret", "ca": "is a client id of Connect", "vf": "is a verification flow", "we": "is the id of a webhook endpoint",
		"acct": "is the id of an account"}[start]
	switch {
	case strings.HasPrefix(value, "sk_org_"):
		is = "is a key of an organization, which this program cannot use"
	case is == "":
		return "must be " + what
	case strings.Contains(what, start+"_"):
		is = "is not whole, or has a space, a quote or another sign in it: copy it again"
	}
	return is + "; it must be " + what
}

func (p *program) readAddresses(r *settings.Reader) {
	name, what := "ADDR", "must be host:port, like localhost:4242 or :8080"
	p.addr = r.Text(name)
	if port := r.Text("PORT"); p.addr == "" && port != "" {
		name, what = "PORT", "must be the number of a port, like 8080"
		p.addr = ":" + port
	}
	p.addr = cmp.Or(p.addr, "localhost:4242")
	_, port, err := net.SplitHostPort(p.addr)
	if err != nil || !settings.IsPort(port) {
		r.Wrong(name, what)
	}
	base := r.Text("BASE_URL")
	if base == "" && port == "0" {
		return // serve fills it in when it knows the port
	}
	if u := r.Origin("BASE_URL", cmp.Or(base, "http://localhost:4242")); u != nil {
		p.isAt(u)
		if p.web.Live && u.Scheme != "https" {
			r.Wrong("BASE_URL", "must start with https:// with a live key")
		}
	}
}

// schemeShape has two letters at least: one is a drive of Windows.
var schemeShape = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]+):(//)?`)

// serverShape is how the address of a server looks that has another form, and in which a password may be.
var serverShape = regexp.MustCompile(`(?i)^postgres(ql)?/|^//.*@|\b(host|user|password|dbname) *=`)

// readDatabase takes a path, the file: address of one, or that of a server. A file's parameters are refused:
// the ones that keep the data safe are ours.
func (p *program) readDatabase(r *settings.Reader, name, path string) string {
	if found := schemeShape.FindStringSubmatch(path); found == nil && serverShape.MatchString(path) {
		r.Wrong(name, "looks like the address of a server: write it as postgres://user:password@host:5432/database")
		return ""
	} else if found != nil {
		scheme := strings.ToLower(found[1])
		if server := scheme + path[len(scheme):]; !store.IsFile(server) {
			if err := store.CheckAddress(server); err != nil {
				r.Wrong(name, err.Error())
			}
			return server
		}
		if scheme != "file" {
			has := "another scheme" // or a user's name, which is not told
			if found[2] != "" || strings.HasPrefix(scheme, "sqlite") {
				has = "the scheme " + scheme
			}
			r.Wrong(name, "has "+has+": it must be file:PATH, the SQLite file in which this program keeps its data, or postgres://…, a PostgreSQL server")
			return ""
		}
		rest := strings.TrimPrefix(strings.TrimPrefix(path[len("file:"):], "//localhost"), "//")
		unescaped, err := url.PathUnescape(rest)
		if err != nil || strings.ContainsAny(rest, "?#") {
			r.Wrong(name, "must be file:PATH without parameters, other signs in it as %XX")
			return ""
		}
		path = unescaped
	}
	if path == "" || path == ":memory:" || strings.ContainsFunc(path, unicode.IsControl) {
		r.Wrong(name, "must name a file, without control characters, like file:starter.db: what is recorded has to survive a restart")
		return ""
	}
	if drive := strings.TrimPrefix(path, "/"); filepath.VolumeName(drive) != "" {
		path = drive // of file:///C:/… on Windows
	}
	if p.web.Live && !filepath.IsAbs(path) {
		r.Wrong(name, "must be an absolute path with a live key, like file:/var/lib/identity/starter.db")
	}
	return path
}

func (p *program) readUsers(r *settings.Reader) {
	p.web.AuthUserHeader = r.Shaped("AUTH_USER_HEADER", headerShape, "must be the name of a request header, like X-Auth-User")
	proxies := r.List("TRUSTED_PROXIES")
	for _, text := range proxies {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			r.Wrong("TRUSTED_PROXIES", "must be CIDRs separated by commas, like 10.0.0.0/8, or 10.0.0.1/32 for one address")
			break
		}
		p.web.TrustedProxies = append(p.web.TrustedProxies, prefix)
	}
	host, _, _ := net.SplitHostPort(p.addr)
	if p.web.Mode() == handlers.HeaderSignIn && len(proxies) == 0 && !settings.IsLoopback(host) {
		r.Wrong("TRUSTED_PROXIES", "is required with AUTH_USER_HEADER unless ADDR is loopback: else anybody could send the header")
	}
}

// requireSignIn is asked when everything is made that can say who people are.
func (p *program) requireSignIn(r *settings.Reader) {
	if allowed := r.Bool("ALLOW_ANONYMOUS_USERS"); p.web.Live && p.web.Mode() == handlers.AnonymousUsers && !allowed {
		other := ""
		for _, e := range p.extras {
			if e.Names != "" {
				other += ", or your own app names its users, by " + e.Names
			}
		}
		r.Wrong("AUTH_USER_HEADER", "is required with a live key, unless team/team.go has a SignIn"+other+": anonymous users can clear their cookie, "+
			"and with it their attempts (ALLOW_ANONYMOUS_USERS=true accepts that)")
	}
}

func (p *program) readPages(r *settings.Reader) {
	p.web.AppName = cmp.Or(r.Text("APP_NAME"), p.team.Brand.Name, defaultName)
	p.web.StripeJS = r.Bool("STRIPE_JS")
	p.web.SignInURL, p.web.ContinueURL = link(r, "SIGN_IN_URL"), cmp.Or(link(r, "CONTINUE_URL"), "/members")
	p.web.SupportURL = r.Text("SUPPORT_URL")
	u, err := url.Parse(p.web.SupportURL)
	switch {
	case p.web.SupportURL == "" && p.web.Live:
		r.Wrong("SUPPORT_URL", "is required with a live key: an https or mailto URL for people whom Stripe cannot verify")
	case p.web.SupportURL == "":
	case err != nil || !(u.Scheme == "https" && u.Host != "" || u.Scheme == "mailto" && u.Opaque != ""):
		r.Wrong("SUPPORT_URL", "must start with https:// or mailto:")
	}
}

// link reads where a button leads: another site over https, or a path of this one.
func link(r *settings.Reader, name string) string {
	text := r.Text(name)
	u, err := url.Parse(text)
	// Browsers take two slashes, of either kind, for the start of another site's address.
	ours := err == nil && strings.HasPrefix(text, "/") && !strings.HasPrefix(text, "//") && !strings.Contains(text, `\`)
	if text == "" || ours || err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil {
		return text
	}
	r.Wrong(name, "must be an https:// address, or a path of this site that starts with one /")
	return ""
}

func (p *program) readTokenKey(r *settings.Reader) {
	var err error
	p.store.TokenKey, err = base64.StdEncoding.DecodeString(r.Text("TOKEN_KEY"))
	if length := len(p.store.TokenKey); err != nil || length != 0 && length != 32 {
		r.Wrong("TOKEN_KEY", "must be 32 bytes in base64: make one with `openssl rand -base64 32`")
	}
}

// isAt says under which address people reach the program.
func (p *program) isAt(base *url.URL) {
	p.web.BaseURL = base
	p.gateway.ReturnURL, p.gateway.RedirectURL = base.JoinPath("verification/return").String(), base.JoinPath("connect/callback").String()
}

// base is for the simulator: a program with a live key, or one that could be talked
// into sending its key to another machine, must not have it.
func (p *program) base(r *settings.Reader, name string) string {
	text := r.Text(name)
	if text == "" {
		return ""
	}
	if p.web.Live {
		r.Wrong(name, "is for test keys only: remove it")
		return ""
	}
	u := r.Origin(name, text)
	if u != nil && settings.IsLoopback(u.Hostname()) {
		return u.String()
	} else if u != nil {
		r.Wrong(name, "must be on localhost or a loopback address")
	}
	return ""
}

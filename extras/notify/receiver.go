package notify

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"example.com/identity-starter/outcomes"
	"example.com/identity-starter/settings"
)

const (
	timeout = 15 * time.Second // for a whole try
	rest    = time.Second      // for what comes of an answer after its status, which is all that counts
)

// receiver is who is told.
type receiver struct {
	url    string
	secret []*standardwebhooks.Webhook // two while one is rolled
	client *http.Client
}

// readReceiver reads who is told; false where nobody has said. Without a url it is not as it must be.
func readReceiver(r *settings.Reader, live bool) (to receiver, on bool) {
	address, secrets := r.Text("NOTIFY_URL"), r.List("NOTIFY_SECRET")
	if address == "" && r.Text("NOTIFY_SECRET") == "" {
		return receiver{}, false
	}
	right := isAddress(address, live)
	if !right {
		r.Wrong("NOTIFY_URL", "must be an https URL without user and fragment; http is enough with a test key, and with a live one to this machine, "+
			"a private address, or a name without a dot: it is needed with NOTIFY_SECRET")
	}
	for _, text := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, "whsec_"))
		hook, e := standardwebhooks.NewWebhookRaw(key)
		if err != nil || e != nil || len(key) < 24 || len(key) > 64 || text != "whsec_"+base64.StdEncoding.EncodeToString(key) {
			break
		}
		to.secret = append(to.secret, hook)
	}
	if len(to.secret) != len(secrets) || len(secrets) < 1 || len(secrets) > 2 {
		r.Wrong("NOTIFY_SECRET", "must be whsec_ and 24 to 64 bytes in base64, as `echo whsec_$(openssl rand -base64 32)` prints it, "+
			"or two of these, separated by a comma: it is needed with NOTIFY_URL")
		right = false
	}
	if right {
		to.url, to.client = address, newClient()
	}
	return to, true
}

// isAddress says whether messages may go there: what is only signed must not cross the internet unsealed.
func isAddress(address string, live bool) bool {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.User != nil || strings.Contains(address, "#") || u.Port() != "" && !settings.IsPort(u.Port()) {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	near := settings.IsLoopback(u.Hostname()) || ip.Unmap().IsPrivate() || err != nil && isName(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (!live || near)
}

var nameShape = regexp.MustCompile(`^[0-9A-Za-z_-]+$`) // of other signs, some become dots before the name is looked for

// isName says whether a host is a name without a dot, which is near: a number is an address to some resolvers.
func isName(host string) bool {
	_, err := strconv.ParseUint(host, 0, 64)
	return err != nil && nameShape.MatchString(host)
}

func newClient() *http.Client {
	// One connection of HTTP/2 that hangs would have everybody wait who is on it.
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Client{Timeout: timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, Protocols: protocols, MaxResponseHeaderBytes: 64 << 10,
			// What comes on a connection that waits for its next request, such as a body behind a 204, Go would log.
			DisableKeepAlives: true}}
}

// post sends a message at that time, and returns the status of the answer. Nothing else of the answer is taken, and no
// error names the address.
func (r receiver) post(ctx context.Context, at int64, m message) (status int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(m.body))
	if err != nil {
		return 0, errors.New("NOTIFY_URL cannot be used")
	}
	var signatures []string
	for _, secret := range r.secret {
		signature, err := secret.Sign(m.id, time.Unix(at, 0), m.body)
		if err != nil {
			return 0, errors.New("NOTIFY_SECRET cannot be used")
		}
		signatures = append(signatures, signature)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "identity-starter")
	request.Header.Set(standardwebhooks.HeaderWebhookID, m.id)
	request.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at, 10))
	request.Header.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	response, err := r.client.Do(request)
	if err != nil {
		return 0, errors.New("cannot reach NOTIFY_URL: " + outcomes.Unreached(err))
	}
	time.AfterFunc(rest, cancel)
	_, _ = io.CopyN(io.Discard, response.Body, 4<<10) // most answers end there: some receivers end their work with the connection
	_ = response.Body.Close()
	return response.StatusCode, nil
}

// probe has the doctor send a test.
func (r receiver) probe(ctx context.Context) (what, fix string) {
	now := time.Now()
	m, err := envelope{"test", moment(now), struct{}{}}.message("msg_" + rand.Text())
	status := 0
	if err == nil {
		status, err = r.post(ctx, now.Unix(), m)
	}
	what = fmt.Sprintf("the receiver answers a signed test with %d", status)
	switch {
	case err != nil:
		return "a signed test fails: " + err.Error(), "does the receiver run, and does NOTIFY_URL lead to it from here?"
	case status/100 == 2:
		return what, ""
	case status/100 == 3:
		return what, "redirects are not followed: set NOTIFY_URL to the address that it leads to"
	case status == http.StatusUnauthorized:
		return what, "it refuses the signature: is NOTIFY_SECRET the same there, and its clock right?"
	case status == http.StatusForbidden || status == 419 || status == http.StatusUnprocessableEntity: // Django's, Laravel's, Rails'
		return what, "does it want a CSRF token, which no webhook has, or has it another NOTIFY_SECRET? Its log says more"
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed:
		return what, "nothing there takes a POST: is the path of NOTIFY_URL right?"
	}
	return what, "see the receiver's log: it must answer 2xx, also to the type test"
}

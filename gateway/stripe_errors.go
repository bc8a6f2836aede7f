package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/stripe/stripe-go/v82"
)

// What a call to Stripe can come to, by what the caller can do about it.
var (
	ErrUnavailable    = errors.New("stripe gave no answer, or asked to come back later")
	ErrRejected       = errors.New("stripe refused the request")
	ErrSpent          = errors.New("the idempotency key holds another answer")    // use a new key
	ErrInFlight       = errors.New("the idempotency key is in use")               // somebody else is at it
	ErrMissing        = errors.New("stripe does not know the session")            // another account's key, or deleted test data
	ErrNotCancelable  = errors.New("the session can no longer be canceled")       // it is being checked, or is final
	ErrNotRedactable  = errors.New("stripe does not redact the session")          // in its status, which is final
	ErrRevoked        = errors.New("access to the account was revoked")           // or the key is of another mode
	ErrConnectOff     = errors.New("STRIPE_CLIENT_ID is not set")                 // without it no account can be disconnected
	ErrNotConnected   = errors.New("the account is not connected")                // nothing left to disconnect
	ErrCodeRejected   = errors.New("stripe does not take the authorization code") // expired, used, not ours
	ErrOutcomeUnknown = errors.New("no clear answer to the code exchange")        // the code may be used up
	errPace           = errors.New("no turn within STRIPE_REQUESTS_PER_SECOND")

	// ErrNotActivated is an ErrRejected that no other request will change.
	ErrNotActivated = fmt.Errorf("%w: Stripe Identity is not activated", ErrRejected)
)

// Error is a refusal by Stripe. It has none of Stripe's words, because they
// quote what was sent: codes, addresses, parts of keys.
type Error struct {
	Kind  error // one of the sentinels above
	Type  string
	Code  string
	Param string
	// Permission is what Stripe says that the restricted key lacks, rak_…
	Permission string
	Hint       string // ours, where the cause is a known one
	Status     int
	RequestID  string // for Stripe's support and the Dashboard's request log
	Repeat     bool   // Stripe will replay this answer to the same idempotency key
}

func (e *Error) Error() string {
	words := []string{fmt.Sprintf("http %d", e.Status)}
	for _, f := range [][2]string{{"type", e.Type}, {"code", e.Code}, {"param", e.Param}, {"permission", e.Permission}, {"request", e.RequestID}} {
		if f[1] != "" {
			words = append(words, f[0]+" "+f[1])
		}
	}
	text := fmt.Sprintf("%v (%s)", e.Kind, strings.Join(words, ", "))
	if e.Hint != "" {
		text += ": " + e.Hint
	}
	return text
}

// Unwrap makes errors.Is find the sentinel.
func (e *Error) Unwrap() error { return e.Kind }

// Application is where one applies for Identity, as Stripe's own errors name it, in test mode, too.
const Application = "https://dashboard.stripe.com/identity/application"

// apiError sorts what the API answered. Anything that is not an error of Stripe's
// own shape (no answer, HTML, half a body) is ErrUnavailable, without its text.
func apiError(op string, err error) error {
	var se *stripe.Error
	if !errors.As(err, &se) {
		return fmt.Errorf("%s: %w (%s)", op, ErrUnavailable, reason(err))
	}
	e := newError(se)
	switch {
	case notActivated(se):
		e.Kind, e.Hint = ErrNotActivated, "apply at "+Application
	case se.Code == stripe.ErrorCodeIdempotencyKeyInUse:
		e.Kind = ErrInFlight
	case se.Type == stripe.ErrorTypeIdempotency:
		e.Kind = ErrSpent
	case se.HTTPStatusCode == http.StatusTooManyRequests, se.HTTPStatusCode == http.StatusConflict:
		e.Kind = ErrUnavailable
	case se.HTTPStatusCode >= 500:
		e.Kind, e.Repeat = ErrUnavailable, true
	case se.HTTPStatusCode == http.StatusForbidden && se.Code == stripe.ErrorCodeAccountInvalid:
		e.Kind = ErrRevoked
	case se.HTTPStatusCode == http.StatusNotFound && se.Code == stripe.ErrorCodeResourceMissing: // what the path names, not a parameter
		e.Kind = ErrMissing
	}
	return fmt.Errorf("%s: %w", op, e)
}

// newerError is apiError for version 2 of the API, of whose errors stripe-go does not tell the status.
func newerError(op string, err error, status int) error {
	var v2 *stripe.V2RawError
	if !errors.As(err, &v2) {
		return apiError(op, err)
	}
	e := &Error{Kind: ErrRejected, Code: plain(v2.Code), Permission: permission(v2.Message), Status: status}
	if status == http.StatusTooManyRequests || status >= 500 {
		e.Kind = ErrUnavailable
	}
	return fmt.Errorf("%s: %w", op, e)
}

func newError(se *stripe.Error) *Error {
	e := &Error{Kind: ErrRejected, Type: plain(string(se.Type)), Code: plain(string(se.Code)), Param: plain(se.Param),
		Hint: hint(se), Status: se.HTTPStatusCode, RequestID: plain(se.RequestID)}
	if e.Status == http.StatusForbidden {
		e.Permission = permission(se.Msg + se.OAuthErrorDescription)
	}
	return e
}

func permission(message string) string {
	if named := permissionNamed.FindStringSubmatch(message); named != nil {
		return named[1]
	}
	return ""
}

// permissionNamed finds the one thing in a message that has no field of its own: "Having the 'rak_…' permission would allow
// this request to continue" (github.com/stripe/stripe-node/issues/2246).
var permissionNamed = regexp.MustCompile(`'(rak_[a-z0-9_]{1,60})' permission`)

// notActivated goes by the code, which third parties tell of: the wording varies. Older accounts of it have the words alone.
func notActivated(se *stripe.Error) bool {
	return se.Code == "identity_api_invalid_application" || se.Code == "" && strings.Contains(se.Msg, "not set up to use Identity")
}

const hintWrongKey = "STRIPE_SECRET_KEY is not (or no longer) a key of your account: https://dashboard.stripe.com/apikeys"

// hint recognises the causes that meet most people on the first afternoon.
func hint(se *stripe.Error) string {
	switch {
	case se.HTTPStatusCode == http.StatusUnauthorized:
		return hintWrongKey
	case se.HTTPStatusCode == http.StatusForbidden && se.Code != stripe.ErrorCodeAccountInvalid:
		return "the restricted key lacks a permission: see docs/going-live.md"
	case se.Code == stripe.ErrorCodeResourceMissing && se.Param == "verification_flow":
		return "STRIPE_VERIFICATION_FLOW is no flow of the account or sandbox that the key is of"
	case se.Code == stripe.ErrorCodeResourceMissing:
		return "the key in use cannot see this object: was the database filled with another account's key?"
	}
	return ""
}

// plain keeps Stripe's short words and drops whatever is not one: an error's
// fields are foreign input to our log.
func plain(s string) string {
	if !plainShape.MatchString(s) {
		return ""
	}
	return s
}

var plainShape = regexp.MustCompile(`^[A-Za-z0-9_.\[\]-]{1,100}$`)

// reason says why there was no usable answer, without quoting any of it.
func reason(err error) string {
	switch {
	case errors.Is(err, errPace):
		return errPace.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "timed out"
	case errors.Is(err, context.Canceled):
		return "canceled"
	case strings.Contains(err.Error(), "deserialize"): // stripe-go has nothing but this word for it
		return "answer is not Stripe's JSON"
	}
	return "connection failed"
}

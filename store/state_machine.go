package store

import "time"

// Status is a VerificationSession's status, in Stripe's words (docs.stripe.com/identity/how-sessions-work).
type Status string

// A session is born RequiresInput; "not started" and "failed" differ by the error alone.
const (
	RequiresInput Status = "requires_input"
	Processing    Status = "processing"
	Verified      Status = "verified"
	Canceled      Status = "canceled"
)

// State is what is known of one VerificationSession.
type State struct {
	Status    Status
	ErrorCode string // last_error.code; "" while nothing failed
	At        int64  // Stripe's time of the newest news applied, Unix seconds
}

// News is what Stripe told of a VerificationSession, by an event or in answer to a request.
type News struct {
	SessionID string
	Reference string // client_reference_id: the id of the verification here
	UserID    string // metadata.user_id; "" once redacted
	Status    Status
	Failed    bool   // last_error was there; a fresh session has none
	ErrorCode string // last_error.code; Stripe may leave it null
	ReportID  string // last_verification_report; "" before the first report
	Redacted  bool
	At        time.Time // Stripe's, never ours: an event's created, or not later than an answer was read from Stripe's database
}

// Counts says whether the news tells of a failed check that uses up an attempt: there is a report, so Stripe has
// checked something (and bills it), and the person has not merely walked away. Codes unknown to us count.
func (n News) Counts() bool {
	if !n.Failed || n.ReportID == "" || n.Status == Verified || n.Redacted {
		return false // redaction overwrites ids too
	}
	switch n.ErrorCode {
	case "abandoned", "consent_declined", "device_not_supported":
		return false
	}
	return true
}

// next is the state machine: the state once n has been heard. Webhooks arrive
// late, twice and in any order, so it gives the same end whatever the order.
func (s State) next(n News) State {
	next := State{Status: n.Status, ErrorCode: n.code(), At: n.At.Unix()}
	if n.Redacted || (n.Status == Canceled && next.ErrorCode == "") {
		next.ErrorCode = s.ErrorCode // why it failed outlives the redaction
	}
	switch {
	case s.rank() == untouched && next.rank() == untouched:
		return s // its time says nothing: whatever happens to the session comes later
	case s.Status == Verified:
		return s // Stripe never takes a verdict back
	case n.Status == Verified:
		next.ErrorCode = ""
		return next
	case s.Status == Canceled:
		// Why it failed may arrive after its end; the cancel itself knows it best.
		if n.Failed && !n.Redacted && (n.Status == Canceled || s.ErrorCode == "") {
			s.ErrorCode = n.code()
		}
		return s
	case n.Status == Canceled:
		return next
	case next.At > s.At, next.At == s.At && next.rank() > s.rank():
		return next
	}
	return s
}

// code is the failure's code, "unknown" where Stripe left it null, "" without a failure.
func (n News) code() string {
	if n.Failed && n.ErrorCode == "" {
		return "unknown"
	}
	return n.ErrorCode
}

// untouched is the rank of a session for which nobody has submitted anything.
const untouched = "0"

// rank orders news of one second, the finest that Stripe's times are: a session
// is first untouched, then processed, then failed. Two failures of one second
// are told apart by code, only so that the order of arrival does not matter.
func (s State) rank() string {
	switch {
	case s.Status == Processing:
		return "1"
	case s.ErrorCode == "" && s.Status == RequiresInput:
		return untouched
	}
	return "2" + s.ErrorCode
}

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
	Revoked   int    // how often Stripe has taken a verdict back
}

// Verdict is the number of the verdict that counts: 1 for the first, 2 for the one that was given after Stripe had taken
// that back. 0: there is none.
func (s State) Verdict() int {
	if s.Status != Verified {
		return 0
	}
	return s.Revoked + 1
}

// TakenBack says whether Stripe had verified the session, and has taken that back
// (docs.stripe.com/identity/review-tools). It is not open then: nobody is sent there again.
func (s State) TakenBack() bool { return s.Revoked > 0 && s.Status != Verified }

// News is what Stripe told of a VerificationSession, by an event or in answer to a request.
type News struct {
	SessionID string
	Reference string // client_reference_id: the id of the verification here
	UserID    string // metadata.user_id; "" once redacted
	Status    Status
	Failed    bool   // last_error was there; a fresh session has none
	ErrorCode string // last_error.code; Stripe may leave it null
	ReportID  string // last_verification_report; "" before the first report
	Redacting bool   // a redaction was asked for: it is under way, or done
	Redacted  bool
	At        time.Time // Stripe's, never ours: an event's created, or not later than an answer was read from Stripe's database
	Event     bool      // told by an event
	// Verdict is that of the verification when Stripe was asked, for an answer: only who knew of a verdict can be told that
	// it was taken back.
	Verdict int
	// Overruled says, of a session of which nothing is known here, that a check of it has succeeded, and that it is not
	// verified all the same.
	Overruled bool
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
	next := State{Status: n.Status, ErrorCode: n.code(), At: n.At.Unix(), Revoked: s.Revoked}
	if n.Redacted || (n.Status == Canceled && next.ErrorCode == "") {
		next.ErrorCode = s.ErrorCode // why it failed outlives the redaction
	}
	switch {
	case s.rank() == untouched && next.rank() == untouched:
		return s // its time says nothing: whatever happens to the session comes later
	case s.Status == Verified && n.Status == Verified && !n.redaction():
		s.At = max(s.At, next.At) // it was given again, or is as it was
		return s
	case s.Status == Verified && s.contradicts(n) && n.Verdict == s.Verdict() && next.At > s.At:
		next.Revoked++
		return next
	case s.Status == Verified:
		return s
	case n.Status == Verified && (s.contradicts(n) || s.Revoked > 0 && next.At <= s.At):
		return s // overtaken by what took it back
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

// contradicts says whether the news says otherwise than a verdict that it is not older than, or is a verdict that other
// news has overtaken. Where it decides nothing by itself, Stripe has to be asked.
func (s State) contradicts(n News) bool {
	at := n.At.Unix()
	switch {
	case s.Status == Verified:
		return at >= s.At && (n.Status == RequiresInput || n.Status == Canceled) && !n.redaction()
	case n.Status != Verified:
		return false
	case s.Revoked > 0:
		return at == s.At
	}
	return n.Event && at < s.At // an answer is not later than its time, and an event is exactly of its time
}

// redaction says whether the session is being erased, of which nobody learns anything about a verdict.
func (n News) redaction() bool { return n.Redacting || n.Redacted }

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

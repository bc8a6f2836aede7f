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
	Redacting bool   // somebody has asked for a redaction, whatever became of that so far
	Redacted  bool
	At        time.Time // Stripe's, never ours: an event's created, or not later than an answer was read from Stripe's database
	Event     bool      // told by an event
	// Known is the verification's state when Stripe was asked, for an answer: it is certainly newer than that, and only who
	// knew of a verdict can be told that it was taken back. The zero State: that is not said.
	Known State
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

// next is the state machine: the state once n has been heard. Webhooks arrive late, twice and in any order, so it gives
// the same end whatever the order, once Stripe was asked wherever news contradicts the state.
func (s State) next(n News) State {
	next := State{Status: n.Status, ErrorCode: n.code(), At: n.At.Unix(), Revoked: s.Revoked}
	if n.Redacted || (n.Status == Canceled && next.ErrorCode == "") {
		next.ErrorCode = s.ErrorCode // why it failed outlives the redaction
	}
	if n.Known == s {
		next.At = max(next.At, s.At) // whatever an answer says, it is not older than what was known
	}
	switch {
	case s.overtook(n):
		s.Revoked++
		return s
	case s.contradicts(n):
		return s
	case s.rank() == untouched && n.untouched():
		return s // its time says nothing: whatever happens to the session comes later
	case s.Status == Verified && n.Status == Verified && !n.redaction():
		if n.Event { // it was given again; that it is as it was is no news
			s.At = max(s.At, next.At)
		}
		return s
	case s.Status == Verified && n.Known == s && s.against(n):
		next.Revoked++
		return next
	case s.Status == Verified, n.Status == Verified && s.Revoked > 0 && next.At <= s.At:
		return s // overtaken by what took it back
	case n.Status == Verified:
		next.ErrorCode = ""
		return next
	case s.Status == Canceled && n.Known == s && n.Status != Canceled:
		return next // it was overridden meanwhile
	case s.Status == Canceled:
		return s.afterCancel(n)
	case n.Status == Canceled:
		return s.cancel(n, next)
	case next.At > s.At, next.At == s.At && !n.untouched() && next.rank() > s.rank():
		return next
	}
	return s
}

// cancel ends a session, unless an event tells of a cancel that other news has overtaken. A redaction cancels, too: it
// says nothing about a verdict that was given before, and that nobody has heard of yet.
func (s State) cancel(n News, next State) State {
	switch {
	case n.Event && next.At < s.At:
		return s
	case n.redaction():
		next.At = s.At
	}
	return next
}

// afterCancel is what news changes about a canceled session: why it failed may arrive after its end, and the cancel itself
// knows it best. News that is later says that somebody at Stripe has overridden the cancel: a verdict that is older than
// it has to be asked about.
func (s State) afterCancel(n News) State {
	if n.Failed && !n.Redacted && (n.Status == Canceled || s.ErrorCode == "") {
		s.ErrorCode = n.code()
	}
	if !n.redaction() && n.Status != Processing { // which another outcome follows
		s.At = max(s.At, n.At.Unix())
	}
	return s
}

// contradicts says whether the news says otherwise than what is known, and does not decide by itself which of them is the
// later: a verdict is at stake, times are whole seconds, and the time of an answer is one at which it was not true yet,
// maybe. Stripe has to be asked then.
func (s State) contradicts(n News) bool {
	at := n.At.Unix()
	switch {
	case !n.Event && n.Known.Status != "" && n.Known != s:
		return s.differs(n) // other news came while Stripe was asked
	case !n.Event && n.Known == s:
		return at <= s.At && s.differs(n) && (s.Status == Verified || s.Revoked > 0 || s.Status == Canceled && n.Status != Verified)
	case s.Status == Verified:
		return at >= s.At && s.against(n)
	case n.Status == Verified && s.Revoked > 0:
		return at == s.At || at > s.At && n.Event
	case s.overtook(n): // an event is exactly of its time
		return true
	}
	return n.Event && s.Revoked > 0 && at >= s.At && s.differs(n)
}

// overtook says whether an event tells of a verdict that was taken back before anybody has heard of it.
func (s State) overtook(n News) bool {
	return n.Event && n.Status == Verified && s.Status != Verified && s.Revoked == 0 && n.At.Unix() < s.At
}

// unsettled says whether an event gives a verdict in the second of a failure or a cancel: which of them was the later is to be
// had from Stripe alone, and mostly it was the verdict.
func (s State) unsettled(n News) bool {
	return n.Event && n.Status == Verified && s.Revoked == 0 && n.At.Unix() == s.At && (s.Status == RequiresInput || s.Status == Canceled)
}

// differs says whether the news says something else than the state.
func (s State) differs(n News) bool {
	if s.Status == Verified {
		return s.against(n)
	}
	return n.Status != s.Status || n.Status == RequiresInput && n.code() != s.ErrorCode
}

// against says whether the news says that a session is not verified that was.
func (s State) against(n News) bool {
	return (n.Status == RequiresInput || n.Status == Canceled) && !n.redaction()
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

// untouched says whether the news is of a session for which nobody has submitted anything. One that has a report and
// shows no failure was verified at a time.
func (n News) untouched() bool { return n.Status == RequiresInput && !n.Failed && n.ReportID == "" }

// untouched is the rank of a session for which nobody has submitted anything, as far as is known.
const untouched = "0"

// rank orders news of one second, the finest that Stripe's times are: a session
// is first untouched, then processed, then failed. Two failures of one second
// are told apart by code, only so that the order of arrival does not matter.
func (s State) rank() string {
	switch {
	case s.Status == Processing:
		return "1"
	case s.ErrorCode == "" && s.Status == RequiresInput && s.At == 0:
		return untouched
	}
	return "2" + s.ErrorCode
}

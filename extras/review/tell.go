package review

import (
	"cmp"
	"strings"

	"example.com/identity-starter/store"
)

// choices are what a decision is called, and what follows from it.
var choices = map[string][2]string{
	store.Approve:  {"Approve", "Verified, whatever Stripe says."},
	store.Reject:   {"Reject", "Not verified, whatever Stripe says."},
	store.Withdraw: {"Withdraw the last approve or reject", "What counted before it counts again."},
	store.OneMore:  {"One more attempt", "One more failed check is allowed, and a review ends."},
	store.Cancel:   {"Cancel the open session", "It is closed at Stripe; the person can start another one."},
	store.Redact:   {"Redact …", "Stripe deletes what it collected. You are asked once more."},
}

// taken are the decisions once they are taken.
var taken = map[string]string{
	store.Approve: "approved", store.Reject: "rejected", store.Withdraw: "the last decision withdrawn", store.OneMore: "one more attempt given",
	store.Cancel: "the open session canceled", store.Redact: "redaction asked for",
}

// told is what Stripe's events tell.
var told = map[string]string{
	"created": "a session was made", "processing": "something was submitted and is being checked", "verified": "verified",
	"requires_input": "something is needed: a check failed, or was given up", "canceled": "the session is closed", "redacted": "the session is redacted",
}

// results are what came of an event.
var results = map[string]string{"applied": "recorded", "stale": "nothing new", "asked": "Stripe is asked about it", "ignored": "not for us", "unmatched": "nobody's here"}

// causes are what actions follow from.
var causes = map[string]string{
	store.OutcomeVerified: "the verdict", store.OutcomeFailed: "the failed check", store.OutcomeExhausted: "the last attempt", store.OutcomeInReview: "the review",
	store.OutcomeApproved: "the approval", store.OutcomeRejected: "the rejection", store.OutcomeRevoked: "the verdict that no longer counts",
	store.OutcomeOneMore: "one more attempt", store.OutcomeWithdrawn: "the withdrawn decision", store.OutcomeCanceled: "the canceled session",
	store.OutcomeRedact: "the redaction", store.OutcomeConnected: "the connected account", store.OutcomeDisconnected: "the disconnected account",
	store.OutcomeAtGate: "what Stripe found out", store.OutcomeToAsk: "the session",
	"other_check": "another check is asked for now", "expired": "its link has expired",
}

// does is what consumers do about an outcome, which follows, and what is said once it is done. Whoever is not here is called by his name.
var does = map[string][2]string{
	"team":    {"Your own code, told of ", "done"},
	"event":   {"Your own code, for the event ", "done"},
	"cancel":  {"Closing the session at Stripe, because of ", "done"},
	"ask":     {"Asking Stripe about ", "done"},
	"mail":    {"Mail about ", "sent, where there is an address"},
	"notify":  {"Webhook to your app about ", "delivered"},
	"compare": {"Comparing with what is expected: ", "done"},
	"erase":   {"Having Stripe delete what it collected, after ", "under way"},
}

// Says is what happened, in a sentence.
func (e Entry) Says() string {
	switch e.Kind {
	case "session":
		return "A verification was begun. At Stripe it is now:"
	case "attempt":
		return "A check failed, and counts as an attempt: " + cmp.Or(e.What, "Stripe did not say why")
	case "event":
		if tells := told[strings.TrimPrefix(strings.TrimPrefix(e.What, "v1."), "identity.verification_session.")]; tells != "" {
			return "Stripe told us: " + tells
		}
		return "Stripe told us: " + e.What
	case "decision":
		by := " by " + e.Which
		if e.Code != "" {
			return "Decision withdrawn (" + taken[e.Code] + ")" + by
		}
		word := cmp.Or(taken[e.What], e.What)
		return strings.ToUpper(word[:1]) + word[1:] + by
	}
	about := cmp.Or(causes[e.What], e.What)
	if e.What == store.OutcomeSuperfluous || e.What == store.OutcomeOwnEvent {
		about = cmp.Or(causes[e.Code], e.Code)
	}
	what := does[e.Which][0]
	if what == "" {
		what = e.Which + ", about "
	}
	return what + about
}

// State is where it stands: what Stripe says of a session now, and how far an action is. The zero value: it just happened.
func (e Entry) State() Badge {
	switch {
	case e.Kind == "session":
		return atStripe(e.What, e.Code)
	case e.Kind != "action":
		return Badge{}
	case e.Note == "given up":
		return Badge{"bad", e.Note}
	case e.Note == "done":
		return Badge{"good", cmp.Or(does[e.Which][1], e.Note)}
	}
	return Badge{"busy", "waiting"}
}

// Detail is what else there is to it.
func (e Entry) Detail() string {
	switch e.Kind {
	case "session":
		held := map[string]string{"waiting": "is being compared with what is expected", "passed": "is what was expected",
			"held": "held back" + quoted(e.Note), "dismissed": "was held back" + quoted(e.Note) + ", and another attempt was given instead"}[e.Which]
		if e.Code != "" && held != "" {
			return e.Code + "; " + held
		}
		return e.Code + held
	case "attempt":
		return e.Note
	case "event":
		return e.What + ": " + cmp.Or(results[e.Which], e.Which)
	case "decision":
		return e.Note
	}
	return ""
}

// ID is the id of what it is about.
func (e Entry) ID() ID { return ID(e.Object) }

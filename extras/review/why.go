package review

import (
	"fmt"

	"example.com/identity-starter/handlers"
	"example.com/identity-starter/store"
)

// Why is what a person's page begins with: where the person stands, and what happened, in a sentence.
type Why struct {
	Tone        string // of a badge
	Title, Text string
}

// why says it; state is the one that the person's own page has.
func why(u store.User, state string, b Because) Why {
	v := u.Newest
	switch state {
	case "verified":
		if u.Approved {
			return Why{"good", "Verified by a reviewer", fmt.Sprintf("%s approved%s. Stripe says %s.", ID(b.Reviewer).Short(), quoted(b.Reason), v.Status)}
		}
		if b.Held {
			return Why{"good", "Verified by Stripe", fmt.Sprintf("Another session is verified, too, but it is not what was expected%s. A decision ends that review.", quoted(b.Note))}
		}
		return Why{"good", "Verified by Stripe", "Nothing waits for a decision."}
	case "rejected":
		return Why{"bad", "Rejected by a reviewer", fmt.Sprintf("%s said no%s. Stripe says %s.", ID(b.Reviewer).Short(), quoted(b.Reason), v.Status)}
	case "in_review":
		return Why{"warn", "Needs a review", fmt.Sprintf("Stripe says verified, but it is not what was expected%s. "+
			"The person waits until somebody decides.", quoted(b.Note))}
	case "processing":
		if u.AtGate {
			return Why{"busy", "Being compared", "Stripe says verified, and that is being compared with what is expected. Nothing waits for a decision."}
		}
		return Why{"busy", "Being checked", "Stripe is checking what was submitted. Nothing waits for a decision."}
	case "revoked":
		return Why{"bad", "Verdict taken back", "Stripe has taken its verdict back, and nothing else verifies the person. " + left(u)}
	case "exhausted":
		return Why{"bad", "No attempts left", fmt.Sprintf("%s%s. No attempts are left: only a decision leads on.", checks(u), last(v))}
	case "requires_input":
		return Why{"bad", "A check failed", fmt.Sprintf("Stripe says why: %s. %s", v.ErrorCode, left(u))}
	case "canceled":
		return Why{"quiet", "The session is closed", "Nothing is open at Stripe. " + left(u)}
	case "none":
		return Why{"quiet", "One more attempt given", "A reviewer gave one more attempt, which is not used yet. " + left(u)}
	}
	return Why{"quiet", "Started", "A session is open, and nothing has been submitted. " + left(u)}
}

// left says what the person can do without anybody's decision.
func left(u store.User) string {
	switch {
	case u.AttemptsLeft == 0:
		return checks(u) + ": no attempts left."
	case handlers.PageState(u) == "requires_input" && !handlers.OffersAnother(u.Newest.ErrorCode):
		return fmt.Sprintf("%s, %d left, but the person’s page offers no other try after this.", checks(u), u.AttemptsLeft)
	}
	return fmt.Sprintf("%s, %d left: the person can try without a decision.", checks(u), u.AttemptsLeft)
}

func checks(u store.User) string {
	if u.Attempts == 1 {
		return "1 failed check"
	}
	return fmt.Sprintf("%d failed checks", u.Attempts)
}

func last(v *store.Verification) string {
	if v.ErrorCode == "" {
		return ""
	}
	return ", the last one for " + v.ErrorCode
}

// quoted is what somebody wrote, behind a colon; "" where it was blanked.
func quoted(words string) string {
	if words == "" {
		return ""
	}
	return ": “" + words + "”"
}

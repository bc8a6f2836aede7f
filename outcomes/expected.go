package outcomes

import (
	"context"

	"example.com/identity-starter/gateway"
)

// CompareOutputs says whether Expected is asked. Without it nobody reads what
// Stripe has found out about a person.
const CompareOutputs = false

// Expected says whether what Stripe has found out is what you know of the user.
// It is asked once for each verified session, before the session counts, outside
// of any request, and again after an error or a panic, for a day. Not ok: the user
// waits for a reviewer. The note, which reviewers see, and the error, which is
// logged, must hold no personal data: "another name", not which.
//
// ADAPT: set CompareOutputs to true, and compare o with your own records.
func Expected(ctx context.Context, userID string, o gateway.Outputs) (ok bool, note string, err error) {
	return true, "", nil
}

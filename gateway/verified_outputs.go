package gateway

import (
	"context"

	"github.com/stripe/stripe-go/v82"
)

// Outputs are what a verified session found out about a person
// (docs.stripe.com/identity/access-verification-results). What was not checked is empty.
type Outputs struct {
	FirstName, LastName                             string
	Line1, Line2, PostalCode, City, Region, Country string
	Email, Phone                                    string
	BirthDay, BirthMonth, BirthYear                 int64 // only where outputsRead names it
	Redacted                                        bool  // nothing of it is left
}

// outputsRead are the parts that Stripe is asked for. The date of birth,
// verified_outputs.dob, is given to a restricted key only.
var outputsRead = []string{"verified_outputs"}

// Outputs reads what a verified session found out. It is for comparing on the
// spot: never store or log it. Errors: ErrRejected, ErrUnavailable.
func (c *Client) Outputs(ctx context.Context, sessionID string) (Outputs, error) {
	var found *stripe.IdentityVerificationSession
	session, err := c.session(ctx, "read outputs", func(ctx context.Context) (s *stripe.IdentityVerificationSession, err error) {
		p := &stripe.IdentityVerificationSessionRetrieveParams{}
		for _, part := range outputsRead {
			p.AddExpand(part)
		}
		found, err = c.stripe.V1IdentityVerificationSessions.Retrieve(ctx, sessionID, p)
		return found, err
	})
	o := Outputs{Redacted: session.Redacted}
	if err != nil || found.VerifiedOutputs == nil {
		return o, err
	}
	v := found.VerifiedOutputs
	o.FirstName, o.LastName, o.Email, o.Phone = v.FirstName, v.LastName, v.Email, v.Phone
	if a := v.Address; a != nil {
		o.Line1, o.Line2, o.PostalCode, o.City, o.Region, o.Country = a.Line1, a.Line2, a.PostalCode, a.City, a.State, a.Country
	}
	if d := v.DOB; d != nil {
		o.BirthDay, o.BirthMonth, o.BirthYear = d.Day, d.Month, d.Year
	}
	return o, nil
}

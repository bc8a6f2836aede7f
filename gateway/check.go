package gateway

import (
	"slices"
	"strings"

	"github.com/stripe/stripe-go/v82"
)

// Check is what Stripe checks of a person. The pages say it, too: they name these
// documents and no others. The zero value takes every document that Stripe takes,
// and no photo of the face.
type Check struct {
	// Flow is a verification flow from the Dashboard, vf_…; the flow alone decides
	// then what is checked, nothing else here is sent, and the pages stay general.
	Flow        string
	Documents   []string // of Passport, IDCard and DrivingLicense; none: all of them
	Selfie      bool     // a photo of the face has to match the one on the document
	LiveCapture bool     // pictures are taken with the camera, and no files are uploaded
}

// The documents that Stripe takes, as its parameter allowed_types calls them
// (docs.stripe.com/api/identity/verification_sessions/create).
const (
	DrivingLicense = "driving_license"
	IDCard         = "id_card"
	Passport       = "passport"
)

// Documents are all of them, in the order in which people read them.
var Documents = []string{Passport, IDCard, DrivingLicense}

// Check is what a session that is made now has Stripe check.
func (c *Client) Check() Check { return c.opt.Check }

// MadeFrom says in a word which check a session that is made now is made for, and where Stripe sends people back to from it.
func (c *Client) MadeFrom() (check, returnsTo string) { return c.opt.Check.word(), c.opt.ReturnURL }

// word is the same for checks that Stripe is asked for in the same way.
func (k Check) word() string {
	if k.Flow != "" {
		return k.Flow
	}
	words := slices.Sorted(slices.Values(k.Documents))
	words = append([]string{string(stripe.IdentityVerificationSessionTypeDocument)}, words...)
	if k.Selfie {
		words = append(words, "selfie")
	}
	if k.LiveCapture {
		words = append(words, "live")
	}
	return strings.Join(words, " ")
}

// apply writes the check into what a session is made from.
func (k Check) apply(p *stripe.IdentityVerificationSessionCreateParams) {
	if k.Flow != "" {
		p.VerificationFlow = stripe.String(k.Flow)
		return
	}
	p.Type = stripe.String(stripe.IdentityVerificationSessionTypeDocument)
	d := &stripe.IdentityVerificationSessionCreateOptionsDocumentParams{}
	if len(k.Documents) > 0 { // an empty list would be sent, too
		d.AllowedTypes = stripe.StringSlice(k.Documents)
	}
	if k.Selfie {
		d.RequireMatchingSelfie = stripe.Bool(true)
	}
	if k.LiveCapture {
		d.RequireLiveCapture = stripe.Bool(true)
	}
	p.Options = &stripe.IdentityVerificationSessionCreateOptionsParams{Document: d}
}

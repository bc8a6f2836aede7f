package stripesim

// failure is a last_error code that the hosted page offers.
type failure struct{ Code, Label, Reason string }

type failureGroup struct {
	Name     string
	Failures []failure
}

// failures are the codes of docs.stripe.com/api/identity/verification_sessions/object, the invite-only
// address_mismatch, and one that nobody has heard of, because Stripe may add more. The sentences are ours.
var failures = []failureGroup{
	{"Document", []failure{
		{"document_expired", "Expired", "The document is past its date of expiry."},
		{"document_type_not_supported", "Type not accepted", "This type of document is not accepted here."},
		{"document_unverified_other", "Not verifiable", "The document could not be verified."},
	}},
	{"Selfie", []failure{
		{"selfie_document_missing_photo", "No photo in document", "The document shows no photo of a face."},
		{"selfie_face_mismatch", "Another face", "The face in the selfie is not the one in the document."},
		{"selfie_manipulated", "Manipulated", "The picture of the face was manipulated."},
		{"selfie_unverified_other", "Not verifiable", "The selfie could not be verified."},
	}},
	{"ID number", []failure{
		{"id_number_insufficient_document_data", "Not enough data", "The document holds too little to look up the ID number."},
		{"id_number_mismatch", "No match", "The ID number does not belong to the name and date of birth."},
		{"id_number_unverified_other", "Not verifiable", "The ID number could not be verified."},
	}},
	{"E-mail, phone, address", []failure{
		{"email_unverified_other", "E-mail not verifiable", "The e-mail address could not be verified."},
		{"email_verification_declined", "E-mail declined", "The e-mail address was not confirmed by its owner."},
		{"phone_unverified_other", "Phone not verifiable", "The phone number could not be verified."},
		{"phone_verification_declined", "Phone declined", "The phone number was not confirmed by its owner."},
		{"address_mismatch", "Address differs", "The address is not the one that is known for this person."},
	}},
	{"Person", []failure{
		{"country_not_supported", "Country not served", "People from this country cannot be verified."},
		{"under_supported_age", "Too young", "The person is under the age of majority."},
		{"some_new_code", "A code of the future", "The verification failed for a reason that is newer than this program."},
	}},
	{"Leaves or declines", []failure{
		{"abandoned", "Gives up half way", "The verification was begun but nothing was submitted."},
		{"consent_declined", "Declines to consent", "The person declined to be verified by Stripe."},
		{"device_not_supported", "No usable camera", "The device has no camera, or its use was not allowed."},
	}},
}

package stripesim

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

var (
	sessionTypes  = []string{"document", "id_number"}
	documentTypes = []string{"driving_license", "id_card", "passport"}
)

// updateParams are what may be changed, and may be given at creation as well
// (docs.stripe.com/api/identity/verification_sessions/update).
var updateParams = schema{
	"type":                                       {kind: enum, values: sessionTypes},
	"options[document][allowed_types][]":         {kind: enum, values: documentTypes},
	"options[document][require_id_number]":       {kind: boolean},
	"options[document][require_live_capture]":    {kind: boolean},
	"options[document][require_matching_selfie]": {kind: boolean},
	"provided_details[email]":                    {kind: emailAddress, max: 800},
	"provided_details[phone]":                    {},
	"metadata[*]":                                {max: maxMetadataValue},
	"expand[]":                                   {},
}

// createOnlyParams are the rest of docs.stripe.com/api/identity/verification_sessions/create.
var createOnlyParams = schema{
	"verification_flow":       {},
	"return_url":              {kind: webAddress},
	"client_reference_id":     {max: 5000},
	"related_customer":        {},
	"related_person[account]": {},
	"related_person[person]":  {},
}

var expandOnly = schema{"expand[]": {}}

func createParams() schema {
	all := schema{}
	for _, sc := range []schema{updateParams, createOnlyParams} {
		for k, v := range sc {
			all[k] = v
		}
	}
	return all
}

func (s *Sim) createSession(c *call) (any, error) {
	if err := createParams().check(c.form); err != nil {
		return nil, err
	}
	if err := s.checkExpand(c, ""); err != nil {
		return nil, err
	}
	kind, flow := c.form.Get("type"), c.form.Get("verification_flow")
	switch {
	case kind == "" && flow == "":
		return nil, badParam("parameter_missing", "type", "Missing required param: type.")
	case kind != "" && flow != "":
		return nil, badParam("", "verification_flow", "You may only specify one of these parameters: type, verification_flow.")
	case flow != "" && (!strings.HasPrefix(flow, "vf_") || strings.Trim(flow[len("vf_"):], "0") == ""): // any other is taken
		return nil, badParam("resource_missing", "verification_flow", "No such verification flow: '%s'", flow)
	case flow != "":
		kind = "verification_flow"
	}
	v := &session{
		id: newID("vs_"), account: c.account, status: requiresInput, kind: kind, flow: flow, created: s.now().Unix(),
		reference: c.form.Get("client_reference_id"), customer: c.form.Get("related_customer"),
		returnURL: c.form.Get("return_url"), metadata: map[string]string{},
	}
	if account := c.form.Get("related_person[account]"); account != "" {
		v.person = &relatedPerson{Account: account, Person: c.form.Get("related_person[person]")}
	}
	v.apply(c.form)
	s.sessions = append(s.sessions, v)
	s.emitSession(c, "created", v)
	return s.expanded(c, v, s.withLink(v, s.object(v)), ""), nil
}

// apply takes over what updateParams name.
func (v *session) apply(form url.Values) {
	if kind := form.Get("type"); kind != "" {
		v.kind = kind
	}
	document := map[string]any{}
	for k, old := range v.document {
		document[k] = old
	}
	if types := list(form, "options[document][allowed_types]"); len(types) > 0 {
		document["allowed_types"] = types
	}
	for _, name := range []string{"require_id_number", "require_live_capture", "require_matching_selfie"} {
		if value := form.Get("options[document][" + name + "]"); value != "" {
			document[name] = value == "true"
		}
	}
	if len(document) > 0 {
		v.document = document
	}
	if email := form.Get("provided_details[email]"); email != "" {
		v.email = email
	}
	if phone := form.Get("provided_details[phone]"); phone != "" {
		v.phone = phone
	}
	v.metadata = mergedMetadata(v.metadata, form)
}

// mergedMetadata sets and, for an empty value, unsets keys (docs.stripe.com/api/metadata).
func mergedMetadata(old map[string]string, form url.Values) map[string]string {
	merged := map[string]string{}
	if !form.Has("metadata") {
		for k, value := range old {
			merged[k] = value
		}
	}
	for name := range form {
		key, ok := strings.CutPrefix(name, "metadata[")
		if !ok {
			continue
		}
		key = strings.TrimSuffix(key, "]")
		if value := form.Get(name); value != "" {
			merged[key] = value
		} else {
			delete(merged, key)
		}
	}
	return merged
}

// target finds the session that a call's path names, within the account that it acts for.
func (s *Sim) target(c *call, params schema) (*session, error) {
	id := c.r.PathValue("id")
	v := s.session(id)
	if v == nil || v.account != c.account {
		return nil, missing("verificationsession", id, "session")
	}
	if err := params.check(c.form); err != nil {
		return nil, err
	}
	return v, s.checkExpand(c, "")
}

func (s *Sim) retrieveSession(c *call) (any, error) {
	v, err := s.target(c, expandOnly)
	if err != nil {
		return nil, err
	}
	return s.expanded(c, v, s.withLink(v, s.object(v)), ""), nil
}

func (s *Sim) updateSession(c *call) (any, error) {
	v, err := s.target(c, updateParams)
	if err != nil {
		return nil, err
	}
	if v.status != requiresInput || v.redaction != "" {
		return nil, wrongStatus("update", v)
	}
	v.apply(c.form)
	return s.expanded(c, v, s.withLink(v, s.object(v)), ""), nil
}

func wrongStatus(verb string, v *session) *apiError {
	status := v.status
	if v.redaction != "" {
		status = "redacted"
	}
	return newError(http.StatusBadRequest, "", "", "You cannot %s this VerificationSession: its status is `%s`.", verb, status)
}

func (s *Sim) cancelSession(c *call) (any, error) {
	v, err := s.target(c, expandOnly)
	if err != nil {
		return nil, err
	}
	if v.status != requiresInput || v.redaction != "" {
		return nil, wrongStatus("cancel", v)
	}
	v.status = canceled
	s.emitSession(c, "canceled", v)
	return s.expanded(c, v, s.object(v), ""), nil
}

var sessionListParams = listSchema(schema{
	"client_reference_id": {}, "related_customer": {},
	"status": {kind: enum, values: []string{canceled, processing, requiresInput, verified}},
})

func (s *Sim) listSessions(c *call) (any, error) {
	if err := sessionListParams.check(c.form); err != nil {
		return nil, err
	}
	if err := s.checkExpand(c, "data."); err != nil {
		return nil, err
	}
	var objects []*sessionObject
	for _, v := range slices.Backward(s.sessions) {
		if v.account != c.account || !createdWithin(c.form, v.created) || !matches(c.form, "client_reference_id", v.reference) ||
			!matches(c.form, "related_customer", v.customer) || !matches(c.form, "status", v.status) {
			continue
		}
		objects = append(objects, s.expanded(c, v, s.withLink(v, s.object(v)), "data.")) // so docs.stripe.com/api/…/list has it
	}
	return paginate(c, objects, func(o *sessionObject) string { return o.ID })
}

func matches(form url.Values, name, value string) bool {
	return !form.Has(name) || form.Get(name) == value
}

package stripesim

import (
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// paramKind is how a parameter's value is checked.
type paramKind int

const (
	text paramKind = iota
	enum
	boolean
	number
	webAddress
	emailAddress
)

// param describes one parameter; max is in characters, 0 for no limit.
type param struct {
	kind   paramKind
	values []string
	max    int
}

// schema holds the parameters of an operation. Names are written as in the form, with [] for the index of an array
// and [*] for a key of the caller's choosing.
type schema map[string]param

// check refuses what Stripe would refuse: unknown names first, then bad values, in the order of the names so that
// the same request always gets the same answer.
func (sc schema) check(form url.Values) error {
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	var unknown []string
	for _, name := range names {
		_, known := sc[pattern(name)]
		switch {
		case known || name == "metadata" && sc.isParent(name) && form.Get(name) == "":
		case sc.isParent(name):
			return badParam("", name, "Invalid object")
		default:
			unknown = append(unknown, name)
		}
	}
	switch len(unknown) {
	case 0:
	case 1:
		return badParam("parameter_unknown", unknown[0], "Received unknown parameter: %s", unknown[0])
	default:
		return badParam("parameter_unknown", unknown[0], "Received unknown parameters: %s", strings.Join(unknown, ", "))
	}
	for _, name := range names {
		if err := sc[pattern(name)].check(name, form[name]); err != nil {
			return err
		}
	}
	return checkMetadata(form)
}

func (sc schema) isParent(name string) bool {
	for p := range sc {
		if strings.HasPrefix(p, name+"[") && !strings.HasSuffix(p, "[]") {
			return true
		}
	}
	return false
}

// pattern turns the name of a form field into the name under which a schema has it.
func pattern(name string) string {
	if strings.HasPrefix(name, "metadata[") {
		return "metadata[*]"
	}
	head, last, ok := cutLast(name, "[")
	if !ok {
		return name
	}
	if _, err := strconv.Atoi(strings.TrimSuffix(last, "]")); err == nil {
		return head + "[]"
	}
	return name
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func (p param) check(name string, values []string) error {
	value := values[len(values)-1]
	if value == "" && !strings.HasPrefix(name, "metadata") {
		return badParam("parameter_invalid_empty", name, "You passed an empty string for '%s'. We assume empty values are an "+
			"attempt to unset a field; however '%s' cannot be unset. You should remove '%s' from your request or supply a "+
			"non-empty value.", name, name, name)
	}
	if p.max > 0 && utf8.RuneCountInString(value) > p.max {
		return badParam("", name, "Invalid string: must be at most %d characters", p.max)
	}
	switch p.kind {
	case enum:
		if !slices.Contains(p.values, value) {
			return badParam("", name, "Invalid %s: must be one of %s", name, strings.Join(p.values, ", "))
		}
	case boolean:
		if value != "true" && value != "false" {
			return badParam("", name, "Invalid boolean: %s", value)
		}
	case number:
		if _, err := strconv.ParseInt(value, 10, 64); err != nil {
			return badParam("parameter_invalid_integer", name, "Invalid integer: %s", value)
		}
	case webAddress:
		u, err := url.Parse(value)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return badParam("url_invalid", name, "Not a valid URL")
		}
	case emailAddress:
		if a, err := mail.ParseAddress(value); err != nil || a.Address != value {
			return badParam("email_invalid", name, "Invalid email address: %s", value)
		}
	}
	return nil
}

// The limits of docs.stripe.com/api/metadata.
const (
	maxMetadata      = 50
	maxMetadataKey   = 40
	maxMetadataValue = 500
)

func checkMetadata(form url.Values) error {
	n := 0
	for name := range form {
		key, ok := strings.CutPrefix(name, "metadata[")
		if !ok {
			continue
		}
		n++
		if len(strings.TrimSuffix(key, "]")) > maxMetadataKey {
			return badParam("", name, "Metadata keys can have up to %d characters.", maxMetadataKey)
		}
	}
	if n > maxMetadata {
		return badParam("", "metadata", "You may only specify up to %d metadata keys.", maxMetadata)
	}
	return nil
}

package store

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
)

// What the ids begin with that are made here: of browsers, of people whom the sign-in
// names by an address, and of people who were erased.
const (
	Anonymous = "anon_"
	byAddress = "mail_"
	Forgotten = "forgotten_"
)

const longestUserID = 200

var uuidInBraces = regexp.MustCompile(`^\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}$`)

// UserID is the id under which somebody is kept whom others name: a sign-in, the proxy in
// front, a setting, a command. It is "" for what names nobody: see WhyNobody. An address is the
// same person's in any case, and is replaced by a hash: none is stored here or sent to Stripe.
func UserID(named string) string {
	switch {
	case WhyNobody(named) != "":
		return ""
	case strings.Contains(named, "@"):
		return byAddress + shortHash(strings.ToLower(named))
	}
	return named
}

// KnownID is UserID for looking somebody up, which makes nobody: it also takes an id that is made here, as outcomes tell it.
func KnownID(named string) string {
	id := UserID(named)
	if id == "" && isOurs(named) && isPrintable(named) && len(named) <= longestUserID {
		return named
	}
	return id
}

// WhyNobody says what is wrong with a name that names nobody, and what to do, without the name;
// "": it names somebody.
//
// What begins like an id of ours is refused, or whoever chooses a name at the sign-in could
// be somebody else. It is refused in exactly that case: ids are compared byte by byte
// everywhere, so that MAIL_7 is nobody but MAIL_7, who may have it as a customer number. An
// address may begin so, too, since it is its hash that is kept.
func WhyNobody(named string) string {
	const remedy = ": have the sign-in send an opaque id"
	switch {
	case named == "":
		return "nothing"
	case !isPrintable(named):
		return "what has other characters than printable ASCII" + remedy
	case len(named) > longestUserID:
		return "what has more than 200 characters" + remedy
	case strings.TrimSpace(named) != named:
		return "what begins or ends with a space" + remedy
	case isNobody(named):
		return "what stands for nobody, as placeholders do: look at the sign-in's configuration"
	case strings.Contains(named, "@"):
		return ""
	case isOurs(named):
		return "what begins like an id that is made here" + remedy
	}
	return ""
}

// isOurs says whether an id that is no address begins as those do that are made here.
func isOurs(id string) bool {
	return strings.HasPrefix(id, Anonymous) || strings.HasPrefix(id, byAddress) || strings.HasPrefix(id, Forgotten)
}

// AnonymousID is the id of the user of a browser, whose cookie it does not tell: neither
// the database nor Stripe's Dashboard ever holds one that works.
func AnonymousID(cookie string) string { return Anonymous + shortHash(cookie) }

// isPrintable says whether all of it is printable ASCII.
func isPrintable(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c > '~' })
}

// isNobody knows what proxies and templates leave where they know of nobody: all such
// people would be one user, who shares his verification and his accounts.
func isNobody(named string) bool {
	return slices.Contains([]string{"(null)", "null", "nil", "none", "undefined", "-"}, strings.ToLower(named)) ||
		strings.HasPrefix(named, "$") || strings.HasPrefix(named, "%{") ||
		strings.HasPrefix(named, "{") && strings.HasSuffix(named, "}") && !uuidInBraces.MatchString(named)
}

func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}

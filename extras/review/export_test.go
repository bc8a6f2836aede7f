package review

import (
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/store"
)

// Reviewers is how REVIEWERS is read.
var Reviewers = reviewers

// Statements are everything that is asked of the database, by name.
func Statements() map[string]string {
	all := map[string]string{"found": found, "counts": counts, "by day": byDay, "by code": byCode, "story": story,
		"held": heldNote, "last word": lastWord, "newest decision": newest}
	for _, show := range []string{"", "verified", needsReview} {
		all["newest "+show] = Filter{Show: show}.statement()
		all["oldest "+show] = Filter{Show: show, Oldest: true}.statement()
	}
	return all
}

// WhyOf is what the page of a user begins with.
func WhyOf(u store.User, b Because) Why { return why(u, handlers.PageState(u), b) }

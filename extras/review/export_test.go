package review

// Reviewers is how REVIEWERS is read.
var Reviewers = reviewers

// Statements are everything that is asked of the database, by name.
func Statements() map[string]string {
	all := map[string]string{"found": found, "waiting": waiting, "by day": byDay, "story": story}
	for _, show := range []string{"", "verified", needsReview} {
		all["newest "+show] = Filter{Show: show}.statement()
		all["oldest "+show] = Filter{Show: show, Oldest: true}.statement()
	}
	return all
}

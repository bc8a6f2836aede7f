package review

// Reviewers is how REVIEWERS is read.
var Reviewers = reviewers

// Statements are everything that is asked of the database, by name.
func Statements() map[string]string {
	all := map[string]string{"found": found, "waiting": waiting, "by day": byDay, "story": story}
	for oldest, filters := range lists {
		for filter, statement := range filters {
			order := "newest"
			if oldest {
				order = "oldest"
			}
			all[order+" "+filter] = statement
		}
	}
	return all
}

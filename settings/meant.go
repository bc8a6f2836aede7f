package settings

import (
	"maps"
	"slices"
	"strings"
)

// Doubts are values that may not be the ones that were meant, and names in .env that
// nobody has asked for but that look like one that was: each in a line that starts with
// the name. They are complete when every setting was read.
func (r *Reader) Doubts() []string {
	var lines []string
	for _, name := range r.Asked() {
		if doubt := r.known[name].doubt; doubt != "" {
			lines = append(lines, name+": "+doubt)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.file)) {
		if meant := r.meant(name); meant != "" {
			lines = append(lines, name+": stands in .env, but no setting has this name: write "+meant+", if that is meant")
		}
	}
	return lines
}

// meant is the setting that a name looks like; "" where it is one, or looks like none.
func (r *Reader) meant(name string) string {
	if known := r.known[name]; known != nil && known.asked {
		return ""
	}
	return Nearest(strings.NewReplacer(" ", "_", ".", "_").Replace(strings.ToUpper(name)), r.Asked(), 5)
}

// Nearest is the one of a list that a text was probably meant to be: with a slip in so many signs, or one in fewer, or
// without some of its words. "" where it looks like none.
func Nearest(text string, list []string, signs int) (nearest string) {
	if len(text) > 50 {
		return ""
	}
	least := 0
	for _, one := range list {
		slips := distance(text, one)
		if slips > max(1, len(one)/signs) && !shortens(text, one) {
			continue
		}
		if nearest == "" || slips < least {
			nearest, least = one, slips
		}
	}
	return nearest
}

// shortens says whether a name is another's without some of its words.
func shortens(name, setting string) bool {
	words, left := strings.Split(name, "_"), strings.Split(setting, "_")
	if len(words) < 2 || words[0] != left[0] {
		return false
	}
	for _, word := range words {
		i := slices.Index(left, word)
		if i < 0 {
			return false
		}
		left = left[i+1:]
	}
	return true
}

// distance is how many slips make one text of another: a sign too many, too few, or
// another, or two in the wrong order.
func distance(a, b string) int {
	rows := [][]int{make([]int, len(b)+1)}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := append([]int{i}, make([]int, len(b))...)
		for j := 1; j <= len(b); j++ {
			other := 1
			if a[i-1] == b[j-1] {
				other = 0
			}
			row[j] = min(rows[i-1][j]+1, row[j-1]+1, rows[i-1][j-1]+other)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], rows[i-2][j-2]+1)
			}
		}
		rows = append(rows, row)
	}
	return rows[len(a)][len(b)]
}

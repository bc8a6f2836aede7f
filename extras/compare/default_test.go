package compare_test

import (
	"testing"

	"example.com/identity-starter/extras/compare"
	"example.com/identity-starter/tests"
)

func TestByDefault(t *testing.T) {
	tests.Stands(t, compare.New, "compare", "Expect in team/team.go", "off")
}

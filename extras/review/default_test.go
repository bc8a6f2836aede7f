package review_test

import (
	"testing"

	"example.com/identity-starter/extras/review"
	"example.com/identity-starter/tests"
)

func TestByDefault(t *testing.T) { tests.Stands(t, review.New, "review", "REVIEWERS", "off") }

package api_test

import (
	"testing"

	"example.com/identity-starter/extras/api"
	"example.com/identity-starter/tests"
)

func TestByDefault(t *testing.T) { tests.Stands(t, api.New, "api", "API_TOKEN", "off") }

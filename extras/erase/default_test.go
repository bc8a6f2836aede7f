package erase_test

import (
	"testing"

	"example.com/identity-starter/extras/erase"
	"example.com/identity-starter/tests"
)

func TestByDefault(t *testing.T) { tests.Stands(t, erase.New, "erase", "RETENTION_DAYS", "on request") }

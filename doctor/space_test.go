package doctor_test

import (
	"testing"

	"example.com/identity-starter/doctor"
)

func TestFreeSpace(t *testing.T) {
	for free, want := range map[uint64]string{50 << 20: "FAIL", 500 << 20: "WARN", 50 << 30: "PASS"} {
		if grade, fix := doctor.GradeOfSpace(free); grade != want || fix != (want != "PASS") {
			t.Errorf("%d free bytes must be %s, with a fix unless it is a PASS, got %s %t", free, want, grade, fix)
		}
	}
	if free, known := doctor.FreeSpace(t.TempDir()); known && free == 0 {
		t.Error("the test's own folder must have room")
	}
}

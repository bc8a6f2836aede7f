package doctor

import "testing"

// The test's disk is as full as it is, so the judgement is tested by itself.
func TestFreeSpace(t *testing.T) {
	for free, want := range map[uint64]grade{50 << 20: fail, 500 << 20: warn, 50 << 30: pass} {
		if got := spaceLine(free); got.grade != want || (got.fix == "") != (want == pass) {
			t.Errorf("%d free bytes must be %s, with a fix unless it is a PASS, got %+v", free, want, got)
		}
	}
	if free, known := freeSpace(t.TempDir()); known && free == 0 {
		t.Error("the test's own folder must have room")
	}
}

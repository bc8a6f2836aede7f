package store_test

import (
	"errors"
	"testing"
)

// Who has only read and refused costs the others nothing: they run once. Who has written and failed has them all run again.
func TestGroupRunsAgainOnlyForWhoHasWritten(t *testing.T) {
	for name, c := range map[string]struct {
		writes bool
		want   int
	}{"it has read": {false, 1}, "it has written": {true, 2}} {
		t.Run(name, func(t *testing.T) {
			l := newLine(t, twoProcesses(t)[0])
			runs := 0
			l.join(t.Context(), func(do exec) error { runs++; return insert(do, 1) }, func(err error, _ any) {
				if err != nil {
					t.Errorf("it must be done, got %v", err)
				}
			})
			l.join(t.Context(), func(do exec) error {
				if c.writes {
					_ = insert(do, 2)
				} else if err := do("UPDATE line SET who = 9 WHERE who = 8"); err != nil {
					return err
				}
				return errors.New("no")
			}, func(error, any) {})
			l.goOn()
			if runs != c.want {
				t.Errorf("when another one fails after %s, it must run %d times, got %d", name, c.want, runs)
			}
			l.must("what was done is there once", "SELECT count(*) FROM line WHERE who = 1", 1)
		})
	}
}

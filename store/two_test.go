//go:build unix

package store_test

import (
	"errors"
	"io"
	"os"
	osexec "os/exec"
	"syscall"
	"testing"

	"example.com/identity-starter/store"
	"example.com/identity-starter/tests"
)

// A Go program may have two apps on one file, as one for each mode. Another process, as the sqlite3 of a backup, must find
// it in use: older ones look at this lock alone, and who believes to be the last takes the log away.
func TestTwoInOneProcess(t *testing.T) {
	tests.OnlyFile(t, "it is about SQLite's locks")
	const another = "STORE_TEST_FILE"
	if path := os.Getenv(another); path != "" { // this is the other process
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		all := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart, Start: 1<<30 + 2, Len: 510} // SQLite's shared range
		if err := syscall.FcntlFlock(file.Fd(), syscall.F_SETLK, &all); !errors.Is(err, syscall.EAGAIN) {
			t.Errorf("nobody may have the file alone while two of a process have it open, got %v", err)
		}
		return
	}
	path := tests.Database(t)
	openAt(t, path, store.Options{MaxAttempts: 3})
	openAt(t, path, store.Options{MaxAttempts: 3, Livemode: true})
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := osexec.CommandContext(t.Context(), binary, "-test.run=^"+t.Name()+"$")
	command.Env = append(os.Environ(), another+"="+path)
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("the other process: %v\n%s", err, out)
	}
}

//go:build linux || darwin

package doctor

import "syscall"

// freeSpace is how many bytes the program may still write in the folder; false: the system does not say.
func freeSpace(folder string) (uint64, bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil || s.Bsize <= 0 {
		return 0, false
	}
	return s.Bavail * uint64(s.Bsize), true
}

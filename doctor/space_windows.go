package doctor

import (
	"syscall"
	"unsafe"
)

// freeSpace is how many bytes the program may still write in the folder; false: the system does not say.
func freeSpace(folder string) (uint64, bool) {
	name, err := syscall.UTF16PtrFromString(folder)
	if err != nil {
		return 0, false
	}
	var free uint64
	ask := syscall.NewLazyDLL("kernel32.dll").NewProc("GetDiskFreeSpaceExW")
	done, _, _ := ask.Call(uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(&free)), 0, 0)
	return free, done != 0
}

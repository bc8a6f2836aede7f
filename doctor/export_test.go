package doctor

// GradeOfSpace is what is said of so many free bytes, since no test can fill a disk.
func GradeOfSpace(free uint64) (grade string, fix bool) {
	l := spaceLine(free)
	return string(l.grade), l.fix != ""
}

// FreeSpace is what the system says.
func FreeSpace(folder string) (uint64, bool) { return freeSpace(folder) }

package doctor

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

const forOthers = 0o066 // may read or write

// checkRights looks whether others on this machine can read the database, or what lies beside it: SQLite's files, a backup. The
// program makes files that are its own user's alone; what somebody has restored or copied may be everybody's.
func (r *report) checkRights(path string) {
	if found, err := filepath.EvalSymlinks(path); err == nil {
		path = found // SQLite's other files are there
	}
	folder := filepath.Dir(path)
	stat, err := os.Stat(folder)
	if err != nil || runtime.GOOS == "windows" || stat.Mode()&0o011 == 0 { // modes say nothing there, or nobody else gets in
		return
	}
	list, _ := os.ReadDir(folder) // one that cannot be listed is told of in other lines
	var open, quoted []string
	for _, entry := range list {
		name := entry.Name()
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() || info.Mode()&forOthers == 0 {
			continue
		}
		if strings.HasPrefix(name, filepath.Base(path)) || strings.Contains(name, ".db") {
			open = append(open, name)
			quoted = append(quoted, "'"+strings.ReplaceAll(filepath.Join(folder, name), "'", `'\''`)+"'")
		}
	}
	if len(open) > 0 {
		r.add(line{warn, "rights", "others on this machine can read " + strings.Join(open, ", "), "chmod 600 " + strings.Join(quoted, " ")})
	}
}

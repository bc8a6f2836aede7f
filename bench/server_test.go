package bench_test

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"example.com/identity-starter/store"
)

// find looks for a program on the PATH, and where Debian has PostgreSQL's.
func find(b *testing.B, name string) string {
	b.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	places, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(places) == 0 {
		skip(b, name+" is not on this machine")
	}
	return places[len(places)-1]
}

var accepting = regexp.MustCompile(`database system is (ready to accept connections)`)

// startPostgres starts a server as it comes, with fsync and synchronous_commit, in a folder of its own, where its socket
// is, too. It refuses to run as root: then it runs as nobody. Other packages' migrations want its user to be called postgres.
func startPostgres(b *testing.B, options ...string) (folder string) {
	b.Helper()
	if store.IsFile("postgres:///") {
		skip(b, "the program knows files alone")
	}
	initdb, postgres := find(b, "initdb"), find(b, "postgres")
	folder, err := os.MkdirTemp(shared, "pg")
	if err != nil {
		b.Fatal(err)
	}
	var as []string
	if os.Getuid() == 0 {
		as = asNobody(b, folder)
	}
	data := filepath.Join(folder, "data")
	command := append(as, initdb, "-D", data, "-U", "postgres", "--auth=trust", "--no-locale", "-E", "UTF8", "--no-sync")
	made := exec.CommandContext(b.Context(), command[0], command[1:]...)
	made.Dir, made.Env = folder, []string{"LC_ALL=C"}
	if out, err := made.CombinedOutput(); err != nil {
		b.Fatalf("initdb: %v\n%s", err, out)
	}
	command = append(append(as, postgres, "-D", data, "-k", folder, "-c", "listen_addresses="), options...)
	launch(b, accepting, folder, []string{"LC_ALL=C"}, command[0], command[1:]...)
	return folder
}

// onServer is the address of one of the server's databases.
func onServer(folder, name string) string {
	return "postgres:///" + name + "?user=postgres&host=" + folder
}

// newOnServer makes a database of that name on a server, with the tables as this version has them.
func newOnServer(b *testing.B, folder, name string, c contents) string {
	b.Helper()
	ask(b, onServer(folder, "postgres"), "CREATE DATABASE "+name)
	return filled(b, onServer(folder, name), c)
}

// asNobody gives the folder to nobody, and returns what runs a program as nobody, with the same process id.
func asNobody(b *testing.B, folder string) []string {
	b.Helper()
	nobody, err := user.Lookup("nobody")
	if err != nil {
		skip(b, "PostgreSQL refuses to run as root, and there is no user nobody")
	}
	uid, err1 := strconv.Atoi(nobody.Uid)
	gid, err2 := strconv.Atoi(nobody.Gid)
	if err1 != nil || err2 != nil || os.Chown(folder, uid, gid) != nil {
		skip(b, "the folder for PostgreSQL, which refuses to run as root, cannot be given to nobody")
	}
	return []string{find(b, "setpriv"), "--reuid", nobody.Uid, "--regid", nobody.Gid, "--clear-groups"}
}

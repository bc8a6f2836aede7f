package bench_test

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

// Events that each verify somebody, beside a package that keeps Stripe's objects
// in PostgreSQL and is told of as many customers: Supabase's stripe-sync-engine.
// The program is stopped while the other one is loaded, which waits meanwhile.
func BenchmarkVerifyBesidePeer(b *testing.B) {
	other := startPeer(b)
	binary, sim := build(b), simulated(b)
	pairs, events := size(5, 1), size(8000, 300)
	ours := side{binary: binary, stripe: sim.URL(), database: newDatabase(b, contents{users: pairs * events})}
	for b.Loop() {
		list := inPairs(b, pairs, ours.verify(b, events), "peer", func(i int) figures {
			return load(b, other.address, connections, customers(b, i*events, events))
		})
		report(b, list, map[string]func(pair) float64{"events/s": own, "rate/peer": rate, "p99/peer": p99})
	}
}

// startPeer starts the other package, in a server that does nothing else, on a
// PostgreSQL of its own as that comes: fsync and synchronous_commit are on.
func startPeer(b *testing.B) *process {
	b.Helper()
	if os.Getenv(withPeer) == "" {
		skip(b, "it downloads a package: set "+withPeer+"=1")
	}
	node, npm := find(b, "node"), find(b, "npm")
	initdb, postgres := find(b, "initdb"), find(b, "postgres")
	folder := filepath.Join(b.TempDir(), "peer")
	if err := os.CopyFS(folder, os.DirFS("peer")); err != nil {
		b.Fatal(err)
	}
	install := exec.CommandContext(b.Context(), npm, "ci", "--no-audit", "--no-fund")
	install.Dir = folder
	if out, err := install.CombinedOutput(); err != nil {
		skip(b, "the package cannot be installed: "+err.Error()+"\n"+string(out))
	}
	database := "postgresql:///postgres?user=postgres&host=" + startPostgres(b, initdb, postgres)
	return launch(b, listening, folder, []string{"DATABASE_URL=" + database, "STRIPE_WEBHOOK_SECRET=" + secret}, node, "server.js")
}

// find looks for a program on the PATH, and where Debian has PostgreSQL's.
func find(b *testing.B, name string) string {
	b.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		path, err = exec.LookPath("/usr/lib/postgresql/15/bin/" + name)
	}
	if err != nil {
		skip(b, name+" is not on this machine")
	}
	return path
}

var accepting = regexp.MustCompile(`database system is (ready to accept connections)`)

// startPostgres starts a server in a folder of its own, where its socket is, too.
// It refuses to run as root: then it runs as nobody. The package's migrations want its user to be called postgres.
func startPostgres(b *testing.B, initdb, postgres string) string {
	b.Helper()
	folder := filepath.Join(shared, "postgres")
	if err := os.Mkdir(folder, 0o700); err != nil {
		b.Fatal(err)
	}
	var as []string
	if os.Getuid() == 0 {
		as = asNobody(b, folder)
	}
	data := filepath.Join(folder, "data")
	command := append(as, initdb, "-D", data, "-U", "postgres", "--auth=trust", "--no-locale", "-E", "UTF8")
	made := exec.CommandContext(b.Context(), command[0], command[1:]...)
	made.Dir, made.Env = folder, []string{"LC_ALL=C"}
	if out, err := made.CombinedOutput(); err != nil {
		b.Fatalf("initdb: %v\n%s", err, out)
	}
	command = append(as, postgres, "-D", data, "-k", folder, "-c", "listen_addresses=")
	launch(b, accepting, folder, []string{"LC_ALL=C"}, command[0], command[1:]...)
	return folder
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

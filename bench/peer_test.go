package bench_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Events that each verify somebody, beside a package that keeps Stripe's objects
// in PostgreSQL and is told of as many customers: Supabase's stripe-sync-engine.
// The program is stopped while the other one is loaded, which waits meanwhile.
func BenchmarkVerifyBesidePeer(b *testing.B) {
	besidePeer(b, func(_ string, c contents) string { return newDatabase(b, c) })
}

// The same with both on one server.
func BenchmarkVerifyBesidePeerOnOneServer(b *testing.B) {
	besidePeer(b, func(folder string, c contents) string { return newOnServer(b, folder, "ours", c) })
}

func besidePeer(b *testing.B, database func(folder string, c contents) string) {
	b.Helper()
	node, folder := installPeer(b)
	server := startPostgres(b)
	other := launch(b, listening, folder, []string{"DATABASE_URL=" + onServer(server, "postgres"), "STRIPE_WEBHOOK_SECRET=" + secret}, node, "server.js")
	binary, sim := build(b), simulated(b)
	pairs, events := size(5, 1), size(8000, 300)
	ours := side{binary: binary, stripe: sim.URL(), database: database(server, contents{users: pairs * events})}
	for b.Loop() {
		list := inPairs(b, pairs, ours.verify(b, events), "peer", func(i int) figures {
			return load(b, other.address, connections, customers(b, i*events, events))
		})
		report(b, list, map[string]func(pair) float64{"events/s": own, "rate/peer": rate, "p99/peer": p99})
	}
}

// installPeer downloads the other package into a folder, with a server that does nothing else, for node.
func installPeer(b *testing.B) (node, folder string) {
	b.Helper()
	if os.Getenv(withPeer) == "" {
		skip(b, "it downloads a package: set "+withPeer+"=1")
	}
	node, npm := find(b, "node"), find(b, "npm")
	folder = filepath.Join(b.TempDir(), "peer")
	if err := os.CopyFS(folder, os.DirFS("peer")); err != nil {
		b.Fatal(err)
	}
	install := exec.CommandContext(b.Context(), npm, "ci", "--no-audit", "--no-fund")
	install.Dir = folder
	if out, err := install.CombinedOutput(); err != nil {
		skip(b, "the package cannot be installed: "+err.Error()+"\n"+string(out))
	}
	return node, folder
}

package bench_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

// creates are clicks of people who have never been here.
func creates(n int) [][]byte {
	return slices.Repeat([][]byte{request("POST", "/create-verification-session", "", "Accept: application/json",
		"Content-Type: application/x-www-form-urlencoded")}, n)
}

// What a click costs beyond Stripe's own time: one at a time, beside the same
// call made to Stripe directly, which takes 50 ms.
func BenchmarkCreate(b *testing.B) {
	people := contents{users: size(20_000, 100)}
	for _, c := range []struct {
		name     string
		database func(b *testing.B) string
	}{
		{"on a file", func(b *testing.B) string { return newDatabase(b, people) }},
		{"on a server", func(b *testing.B) string { return newOnServer(b, startPostgres(b), "ours", people) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			database, sim := c.database(b), simulated(b)
			program := startProgram(b, build(b), database, sim.URL())
			sim.AddFault(stripesim.Fault{Path: "/v1/identity", Delay: 50 * time.Millisecond, Times: -1})
			for b.Loop() {
				list := besideStripe(b, program.address, strings.TrimPrefix(sim.URL(), "http://"))
				report(b, list, map[string]func(pair) float64{
					"ms-over-Stripe": func(p pair) float64 { return micro(p.ours.p50-p.other.p50) / 1000 },
					"p50/Stripe":     func(p pair) float64 { return float64(p.ours.p50) / float64(p.other.p50) },
				})
			}
		})
	}
}

// besideStripe clicks, and makes as many calls to Stripe, in turn.
func besideStripe(b *testing.B, program, stripe string) []pair {
	b.Helper()
	n := size(60, 10)
	direct := slices.Repeat([][]byte{request("POST", "/v1/identity/verification_sessions", "type=document",
		"Authorization: Bearer sk_test_simulator", "Content-Type: application/x-www-form-urlencoded")}, n)
	load(b, program, 1, creates(5)) // opens the connections
	return inPairs(b, size(5, 1), func(int) figures { return load(b, program, 1, creates(n)) },
		"Stripe", func(int) figures { return load(b, stripe, 1, direct) })
}

// 300 people click at once, and Stripe takes 300 ms.
func BenchmarkCreatesAtOnce(b *testing.B) {
	sim := simulated(b)
	program := startProgram(b, build(b), newDatabase(b, contents{users: size(20_000, 100)}), sim.URL())
	sim.AddFault(stripesim.Fault{Path: "/v1/identity", Delay: 300 * time.Millisecond, Times: -1})
	for b.Loop() {
		f := load(b, program.address, 300, creates(300))
		b.ReportMetric(300/f.rate, "s")
	}
	b.ReportMetric(0, "ns/op")
}

// From the start until the program listens, on an empty file and on a large one.
func BenchmarkStart(b *testing.B) {
	binary, sim := build(b), simulated(b)
	for _, c := range []struct {
		name string
		file contents
	}{
		{"an empty file", contents{}},
		{"a million events and 200,000 users", contents{users: size(200_000, 2000), events: size(1_000_000, 10_000)}},
	} {
		b.Run(c.name, func(b *testing.B) {
			database := newDatabase(b, c.file)
			var all []time.Duration
			for b.Loop() {
				for range 9 {
					program := startProgram(b, binary, database, sim.URL())
					program.stop(b)
					all = append(all, program.ready)
				}
			}
			slices.Sort(all)
			b.ReportMetric(micro(all[len(all)/2])/1000, "ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// How large the program is.
func BenchmarkBinary(b *testing.B) {
	file, err := os.Stat(build(b))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
	}
	b.ReportMetric(float64(file.Size())/1e6, "MB")
	b.ReportMetric(0, "ns/op")
}

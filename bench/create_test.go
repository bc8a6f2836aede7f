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
	sim := simulated(b)
	program := startProgram(b, build(b), newDatabase(b, 20_000, 0), sim.URL())
	sim.AddFault(stripesim.Fault{Path: "/v1/identity", Delay: 50 * time.Millisecond, Times: -1})
	direct := slices.Repeat([][]byte{request("POST", "/v1/identity/verification_sessions", "type=document",
		"Authorization: Bearer sk_test_simulator", "Content-Type: application/x-www-form-urlencoded")}, 60)
	load(b, program.address, 1, creates(5)) // opens the connections
	for b.Loop() {
		stripe := load(b, strings.TrimPrefix(sim.URL(), "http://"), 1, direct)
		click := load(b, program.address, 1, creates(60))
		b.ReportMetric(float64(click.p50-stripe.p50)/float64(time.Millisecond), "ms-over-Stripe")
	}
	b.ReportMetric(0, "ns/op")
}

// 300 people click at once, and Stripe takes 300 ms.
func BenchmarkCreatesAtOnce(b *testing.B) {
	sim := simulated(b)
	program := startProgram(b, build(b), newDatabase(b, 20_000, 0), sim.URL())
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
	for name, size := range map[string][2]int{"an empty file": {0, 0}, "a million events and 200,000 users": {200_000, 1_000_000}} {
		b.Run(name, func(b *testing.B) {
			database := newDatabase(b, size[0], size[1])
			var all []time.Duration
			for b.Loop() {
				for range 9 {
					all = append(all, startProgram(b, binary, database, sim.URL()).ready)
				}
			}
			slices.Sort(all)
			b.ReportMetric(float64(all[len(all)/2])/float64(time.Millisecond), "ms")
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

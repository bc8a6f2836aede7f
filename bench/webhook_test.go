package bench_test

import (
	"slices"
	"testing"
	"time"

	"example.com/identity-starter/stripesim"
)

const pairs = 5 // each a load of the baseline and one of the program, so that both meet the same machine

// simulated is a Stripe on loopback.
func simulated(t testing.TB) *stripesim.Sim {
	t.Helper()
	sim, err := stripesim.Start(stripesim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	return sim
}

// compare loads the baseline and the program in turn and returns the medians of
// the ratios, of the rate and of the p99, and of the program's rate. It logs what each request cost in processor time.
func compare(t testing.TB, program process, session string, rounds, sessions int) (rate, p99, absolute float64) {
	t.Helper()
	other := startBaseline(t)
	var rates, p99s, own []float64
	sent, used, usedByOther := 0, program.cpu(), other.cpu()
	for i := range rounds {
		requests := webhooks(t, session, i*sessions, sessions)
		base := load(t, other.address, connections, requests)
		ours := load(t, program.address, connections, requests)
		sent += len(requests)
		rates, p99s = append(rates, ours.rate/base.rate), append(p99s, float64(ours.p99)/float64(base.p99))
		own = append(own, ours.rate)
		t.Logf("baseline %6.0f/s p50 %v p99 %v   program %6.0f/s p50 %v p99 %v   rate %.2f p99 %.2f", base.rate,
			base.p50, base.p99, ours.rate, ours.p50, ours.p99, rates[i], p99s[i])
	}
	t.Logf("processor time a request: baseline %v, program %v", (other.cpu()-usedByOther)/time.Duration(sent),
		(program.cpu()-used)/time.Duration(sent))
	slices.Sort(rates)
	slices.Sort(p99s)
	slices.Sort(own)
	return rates[rounds/2], p99s[rounds/2], own[rounds/2]
}

// Durable webhooks at 32 connections, beside a server that stores nothing.
func BenchmarkWebhook(b *testing.B) {
	binary, sim := build(b), simulated(b)
	for _, c := range []struct {
		name          string
		users, events int
		session       string
	}{
		{"of sessions of ours", 20_000, 0, "vs_bench_"},
		{"of other sessions", 0, 0, "vs_other_"},
		{"of sessions of ours, a million events and 200,000 users in the file", 200_000, 1_000_000, "vs_bench_"},
	} {
		b.Run(c.name, func(b *testing.B) {
			program := startProgram(b, binary, newDatabase(b, c.users, c.events), sim.URL())
			for b.Loop() {
				rate, p99, own := compare(b, program, c.session, pairs, 2000)
				b.ReportMetric(own, "events/s")
				b.ReportMetric(rate, "rate/baseline")
				b.ReportMetric(p99, "p99/baseline")
			}
			b.ReportMetric(program.peak(), "MiB")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// The machinery of the benchmarks works; what it measures is not judged here.
func TestBench(t *testing.T) {
	program := startProgram(t, build(t), newDatabase(t, 100, 1000), simulated(t).URL())
	if rate, p99, _ := compare(t, program, "vs_bench_", 1, 100); rate <= 0 || p99 <= 0 {
		t.Errorf("a comparison must give ratios, got %v and %v", rate, p99)
	}
}

package bench_test

import (
	"os"
	"testing"
	"time"
)

// besideSample loads the program and the sample in turn, with ten deliveries about
// each session, and other sessions in each pair.
func besideSample(t testing.TB, program *process, database, session string, n, sessions int) []pair {
	t.Helper()
	other := startSample(t)
	return inPairs(t, n, func(i int) figures {
		return measured(t, program, several(t, session, i*sessions, sessions), database)
	}, "sample", func(i int) figures {
		return measured(t, other, several(t, session, i*sessions, sessions), "")
	})
}

// measured loads a server and waits until all that follows has been done, where
// there is a database: it would slow down the other side's turn, and it belongs
// to the processor time of an event.
func measured(t testing.TB, p *process, requests [][]byte, database string) figures {
	t.Helper()
	used := p.cpu()
	f := load(t, p.address, connections, requests)
	if database != "" {
		settle(t, database)
	}
	f.cpu = (p.cpu() - used) / time.Duration(len(requests))
	return f
}

// Durable webhooks at 32 connections, beside a server that stores nothing.
func BenchmarkWebhook(b *testing.B) {
	binary, sim := build(b), simulated(b)
	pairs, sessions := size(5, 1), size(2000, 30)
	for _, c := range []struct{ name, session string }{
		{"of sessions of ours", "vs_bench_"},
		{"of other sessions", "vs_other_"},
	} {
		b.Run(c.name, func(b *testing.B) {
			database := newDatabase(b, contents{users: pairs * sessions})
			program := startProgram(b, binary, database, sim.URL())
			var list []pair
			for b.Loop() {
				list = besideSample(b, program, database, c.session, pairs, sessions)
			}
			report(b, list, map[string]func(pair) float64{"events/s": own, "rate/sample": rate, "p99/sample": p99, "cpu/sample": cpu})
			b.ReportMetric(program.peak(), "MiB")
		})
	}
}

// The same of an earlier version of the program, so that its distance from the sample is known on this machine.
func BenchmarkWebhookBefore(b *testing.B) {
	before := os.Getenv(withBefore)
	if before == "" {
		skip(b, withBefore+" does not name a program")
	}
	sim, pairs, sessions := simulated(b), size(5, 1), size(2000, 30)
	database := databaseBefore(b, before, sim.URL(), contents{users: pairs * sessions})
	program := startProgram(b, before, database, sim.URL())
	for b.Loop() {
		list := besideSample(b, program, database, "vs_bench_", pairs, sessions)
		report(b, list, map[string]func(pair) float64{"events/s": own, "rate/sample": rate, "p99/sample": p99, "cpu/sample": cpu})
	}
}

// The machinery of the benchmarks works; what it measures is not judged here.
func TestBench(t *testing.T) {
	binary, sim := build(t), simulated(t)
	database := newDatabase(t, contents{users: 20, events: 1000})
	list := besideSample(t, startProgram(t, binary, database, sim.URL()), database, "vs_bench_", 2, 10)
	if rate, p99 := median(list, rate), median(list, p99); rate <= 0 || p99 <= 0 {
		t.Errorf("a comparison must give ratios, got %v and %v", rate, p99)
	}
	waiting := side{binary: binary, stripe: sim.URL(), unsettled: true, step: 2,
		database: newDatabase(t, contents{users: 60, others: 20, waiting: true})}
	verify := waiting.verify(t, 10)
	for i := range 2 {
		if f := verify(i); f.rate <= 0 || f.p50 > f.p99 {
			t.Errorf("a load must have a rate, got %v", f)
		}
	}
	for path, want := range map[string]int{database: 20, waiting.database: 20 + 20} { // others are verified already
		if got := verified(t, path); got != want {
			t.Errorf("events must verify as many people as there are sessions, else they cost less: want %d, got %d", want, got)
		}
	}
}

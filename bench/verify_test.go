package bench_test

import (
	"os"
	"testing"
)

// side is a program and its file, in which it verifies people.
type side struct {
	binary, database, stripe string
	step                     int  // of which users, so that they are spread over the file
	from                     int  // how many turns others have had
	unsettled                bool // the file holds what cannot be done now
}

// verify starts the program, has each event verify another person, of other users
// in each turn, waits until all that follows has been done, and stops the program.
func (s side) verify(t testing.TB, events int) turn {
	return func(i int) figures {
		program := startProgram(t, s.binary, s.database, s.stripe)
		defer program.stop(t)
		requests := verifying(t, (s.from+i)*events, events, max(s.step, 1))
		if s.unsettled {
			return load(t, program.address, connections, requests)
		}
		return measured(t, program, requests, s.database)
	}
}

// A million events and 200,000 users in the file, beside no more than is needed.
func BenchmarkVerifyInALargeFile(b *testing.B) {
	binary, sim := build(b), simulated(b)
	pairs, events := size(5, 1), size(8000, 300)
	users := size(200_000, 2000)
	large := side{binary: binary, stripe: sim.URL(), step: users / (pairs * events),
		database: newDatabase(b, contents{users: users, events: size(1_000_000, 10_000)})}
	empty := side{binary: binary, stripe: sim.URL(), database: newDatabase(b, contents{users: pairs * events})}
	for b.Loop() {
		list := inPairs(b, pairs, large.verify(b, events), "with an empty file", empty.verify(b, events))
		report(b, list, map[string]func(pair) float64{"events/s": own, "rate/empty": rate, "p99/empty": p99, "cpu/empty": cpu})
	}
}

// The same on a server, before anybody has it look what is in the tables (ANALYZE), and after that. It does not do so by
// itself here, as it else does within a minute, in the middle of the measurement.
func BenchmarkVerifyInALargeDatabase(b *testing.B) {
	binary, sim, server := build(b), simulated(b), startPostgres(b, "-c", "autovacuum=off")
	pairs, events := size(5, 1), size(2000, 100)
	users := size(200_000, 2000)
	large := side{binary: binary, stripe: sim.URL(), step: users / (2 * pairs * events),
		database: newOnServer(b, server, "large", contents{users: users, events: size(1_000_000, 10_000)})}
	empty := side{binary: binary, stripe: sim.URL(), database: newOnServer(b, server, "empty", contents{users: 2 * pairs * events})}
	for i, name := range []string{"before ANALYZE", "after ANALYZE"} {
		b.Run(name, func(b *testing.B) {
			large.from, empty.from = i*pairs, i*pairs
			if i > 0 {
				ask(b, large.database, "ANALYZE", "CHECKPOINT")
				ask(b, empty.database, "ANALYZE")
			}
			for b.Loop() {
				list := inPairs(b, pairs, large.verify(b, events), "with an empty one", empty.verify(b, events))
				report(b, list, map[string]func(pair) float64{"events/s": own, "rate/empty": rate, "p99/empty": p99})
			}
		})
	}
}

// 50,000 users have actions that wait behind one that failed, while others are
// verified, beside the same with all those actions done.
func BenchmarkVerifyWhileOthersWait(b *testing.B) {
	binary, sim := build(b), simulated(b)
	pairs, events, others := size(5, 1), size(4000, 300), size(50_000, 500)
	file := func(waiting bool) side {
		return side{binary: binary, stripe: sim.URL(), unsettled: waiting,
			database: newDatabase(b, contents{users: pairs * events, others: others, waiting: waiting})}
	}
	waiting, done := file(true), file(false)
	for b.Loop() {
		list := inPairs(b, pairs, waiting.verify(b, events), "with none waiting", done.verify(b, events))
		report(b, list, map[string]func(pair) float64{"events/s": own, "rate/none-waiting": rate, "p99/none-waiting": p99})
	}
}

// What an event that verifies somebody costs in processor time, with all that
// follows from it, beside an earlier version of the program.
func BenchmarkProcessor(b *testing.B) {
	binary, sim := build(b), simulated(b)
	pairs, events := size(5, 1), size(8000, 300)
	users := contents{users: pairs * events}
	ours := side{binary: binary, stripe: sim.URL(), database: newDatabase(b, users)}
	before := os.Getenv(withBefore)
	if before == "" {
		b.Logf("beside an earlier version: not measured: %s does not name its program", withBefore)
		for b.Loop() {
			var list []pair
			for i := range pairs {
				list = append(list, pair{ours: ours.verify(b, events)(i)})
				b.Logf("%d: program %v", i+1, list[i].ours)
			}
			report(b, list, map[string]func(pair) float64{"µs/event": ownCPU})
		}
		return
	}
	earlier := side{binary: before, stripe: sim.URL(), database: databaseBefore(b, before, sim.URL(), users)}
	for b.Loop() {
		list := inPairs(b, pairs, ours.verify(b, events), "before", earlier.verify(b, events))
		report(b, list, map[string]func(pair) float64{"µs/event": ownCPU, "cpu/before": cpu, "rate/before": rate})
	}
}

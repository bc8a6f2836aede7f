package bench_test

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"
)

// turn loads one of two sides for the i-th time, counted from 0.
type turn func(i int) figures

// pair is a load of each side, one right after the other, so that both meet the
// same machine: it changes more than the program does.
type pair struct{ ours, other figures }

func rate(p pair) float64   { return p.ours.rate / p.other.rate }
func p99(p pair) float64    { return float64(p.ours.p99) / float64(p.other.p99) }
func cpu(p pair) float64    { return float64(p.ours.cpu) / float64(p.other.cpu) }
func own(p pair) float64    { return p.ours.rate }
func ownCPU(p pair) float64 { return micro(p.ours.cpu) }

func micro(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// size is how much is measured: enough for a figure, or, with -short, for seeing that it works.
func size(full, short int) int {
	if testing.Short() {
		return short
	}
	return full
}

// inPairs loads both sides n times in turn and logs each pair. Every other pair
// begins with the other side, so that none always comes first.
func inPairs(t testing.TB, n int, ours turn, name string, other turn) []pair {
	t.Helper()
	var list []pair
	for i := range n {
		var p pair
		if i%2 == 0 {
			p.other = other(i)
			p.ours = ours(i)
		} else {
			p.ours = ours(i)
			p.other = other(i)
		}
		t.Logf("%d: program %v   %s %v   rate %.2f p99 %.2f", i+1, p.ours, name, p.other, rate(p), p99(p))
		list = append(list, p)
	}
	return list
}

func (f figures) String() string {
	text := fmt.Sprintf("%.0f/s p50 %v p99 %v", f.rate, f.p50.Round(10*time.Microsecond), f.p99.Round(10*time.Microsecond))
	if f.cpu > 0 {
		text += fmt.Sprintf(" processor %v", f.cpu.Round(time.Microsecond))
	}
	return text
}

// median is the one in the middle of what pairs give.
func median(list []pair, of func(pair) float64) float64 {
	var all []float64
	for _, p := range list {
		all = append(all, of(p))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// report gives the medians under their names, and no time, which would be that of the whole measurement.
func report(b *testing.B, list []pair, of map[string]func(pair) float64) {
	b.Helper()
	for unit, figure := range of {
		b.ReportMetric(median(list, figure), unit)
	}
	b.ReportMetric(0, "ns/op")
}

// skip says why something is not measured: of benchmarks go test itself says so only with -v.
func skip(b *testing.B, why string) {
	b.Helper()
	fmt.Fprintf(os.Stderr, "%s: not measured: %s\n", b.Name(), why)
	b.Skip(why)
}

package flight_test

import (
	"io"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"example.com/identity-starter/extras/flight"
)

// What each webhook pays for a page at which nobody looks.
func BenchmarkLog(b *testing.B) {
	quiet := slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelError})
	log := slog.New(flight.NewRecorder(time.Minute).Log(quiet))
	objects := make([]string, 10_000)
	for i := range objects {
		objects[i] = "vs_1RwBenchBenchBench" + strconv.Itoa(i)
	}
	i := 0
	for b.ReportAllocs(); b.Loop(); i++ {
		log.LogAttrs(b.Context(), slog.LevelInfo, "request", slog.String("method", "POST"), slog.String("route", "/webhook"),
			slog.Int("status", 200), slog.Int64("ms", 7), slog.String("request", "abcdefghijkl"), slog.String("event", "evt_1RwBenchBenchBenchBench0"),
			slog.String("type", "identity.verification_session.verified"), slog.String("object", objects[i%len(objects)]), slog.Int("secret", 1),
			slog.String("version", "2025-08-27.basil"), slog.Duration("delay", time.Second), slog.String("result", "applied"))
	}
}

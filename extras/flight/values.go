package flight

import "log/slog"

// values are those of a log record. None can change any more, so that they can be
// formatted later: what a program may still write to is text already.
type values []slog.Attr

func valuesOf(record slog.Record) values {
	v := make(values, 0, record.NumAttrs())
	record.Attrs(func(a slog.Attr) bool {
		switch a.Value.Kind() {
		case slog.KindAny, slog.KindGroup, slog.KindLogValuer:
			a.Value = slog.StringValue(a.Value.String())
		}
		v = append(v, a)
		return true
	})
	return v
}

// of is the value of a key as text: the last one, and "" where there is none.
func (v values) of(key string) string {
	for i := len(v) - 1; i >= 0; i-- {
		if v[i].Key == key {
			return v[i].Value.String()
		}
	}
	return ""
}

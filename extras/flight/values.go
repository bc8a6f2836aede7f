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

// number is the value of a key that has a whole number; 0 where there is none.
func (v values) number(key string) (n int64) {
	for _, a := range v {
		if a.Key == key && a.Value.Kind() == slog.KindInt64 {
			n = a.Value.Int64()
		}
	}
	return n
}

// Part is a name and a value.
type Part struct{ Name, Value string }

// Tells says whether the part names what has a story of its own.
func (p Part) Tells() bool {
	switch p.Name {
	case "object", "session", "account", "user":
		return p.Value != ""
	}
	return false
}

// differs says whether the value may be another one each time that the same happens.
func differs(a slog.Attr) bool {
	switch a.Key {
	case "error", "status":
		return false
	case "object", "session", "account", "user", "request", "event", "id":
		return true
	}
	return a.Value.Kind() != slog.KindString || alike(a.Value.String()) != a.Value.String()
}

// parts are the values that are of their time only, as they are shown.
func (v values) parts() (parts []Part) {
	for _, a := range v {
		p := Part{a.Key, short(a.Value.String())}
		switch a.Key {
		case "ms":
			p = Part{"took", p.Value + " ms"}
		case "delay":
			p.Name = "after"
		}
		if differs(a) && p.Value != "" {
			parts = append(parts, p)
		}
	}
	return parts
}

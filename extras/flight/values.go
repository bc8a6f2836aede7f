package flight

import (
	"log/slog"
	"slices"
)

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

// but are those of other keys.
func (v values) but(keys ...string) values {
	return slices.DeleteFunc(slices.Clone(v), func(a slog.Attr) bool { return slices.Contains(keys, a.Key) })
}

// Part is a name and a value.
type Part struct{ Name, Value string }

// Tells says whether the part names what has a story of its own.
func (p Part) Tells() bool { return slices.Contains(subjects, p.Name) && p.Value != "" }

// subjects are the names under which ids stand whose stories can be followed.
var subjects = []string{"object", "session", "account", "user"}

// parts are the values as they are shown.
func (v values) parts() (parts []Part) {
	for _, a := range v {
		p := Part{a.Key, short(a.Value.String())}
		switch a.Key {
		case "ms":
			p = Part{"took", p.Value + " ms"}
		case "delay":
			p.Name = "after"
		}
		if p.Value != "" {
			parts = append(parts, p)
		}
	}
	return parts
}

// differs says whether the value may be another one each time that the same happens.
func differs(a slog.Attr) bool {
	if a.Key == "error" {
		return false
	}
	return a.Value.Kind() != slog.KindString || slices.Contains(subjects, a.Key) || alike(a.Value.String()) != a.Value.String()
}

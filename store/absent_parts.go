package store

import (
	"context"
	"slices"
)

// AbsentParts are the parts that have tables in the file and are not in this program,
// which does not know where those tables name people.
func (db *DB) AbsentParts(ctx context.Context, q Querier) ([]string, error) {
	names, err := List(ctx, q, Scan[string], `SELECT name FROM schemas ORDER BY name`)
	return slices.DeleteFunc(names, func(name string) bool {
		return name == core().Part || slices.ContainsFunc(db.opt.Schemas, func(s Schema) bool { return s.Part == name })
	}), because("read parts", err)
}

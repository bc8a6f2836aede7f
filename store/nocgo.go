//go:build !cgo

package store

// BuiltWithCgo says whether the SQLite driver is real; without cgo it is a stub that fails.
const BuiltWithCgo = false

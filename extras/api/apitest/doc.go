// Package apitest has only tests: docs/openapi.yaml against what the program answers. It is a module of its own, so
// that what reads the document is no requirement of the program.
package apitest

// Command demo is what `go run ./demo` starts beside the program for this extra: a
// reviewer with another password each time. First it prints settings of the program,
// then lines for people, in which {base} is the program's address, and an empty one;
// it ends with its standard input.
package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"os"
)

func main() {
	const name = "reviewer"
	password := rand.Text()
	fmt.Printf("REVIEWERS=%s:%s\n", name, password)
	fmt.Printf("For reviewers, in another browser or a private window:\n  {base}/review-login   name %s, password %s\n\n", name, password)
	_, _ = io.Copy(io.Discard, os.Stdin) // that it cannot be read is an end, too
}

// Demo is what `go run ./demo` starts for mail: a server that takes every mail, and a
// page that shows them. It prints the settings with which the program reaches it,
// then a word to people, then an empty line, and ends with its standard input.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"

	"example.com/identity-starter/extras/mail/mailbox"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mailbox:", err)
		os.Exit(1)
	}
}

func run(until io.Reader, out io.Writer) error {
	smtp, err := listen("localhost:4245")
	if err != nil {
		return err
	}
	defer smtp.Close()
	page, err := listen("localhost:4246")
	if err != nil {
		return err
	}
	defer page.Close()
	box := &mailbox.Mailbox{}
	go box.Serve(smtp)
	go func() { _ = http.Serve(page, box) }() // it ends with the demo
	if _, err := fmt.Fprintf(out, "SMTP_URL=smtp://%s\nMAIL_FROM=Identity starter <starter@example.com>\n"+
		"The mailbox, with what people are sent:\n  http://%s\n\n", address(smtp), address(page)); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, until)
	return err
}

// listen takes the usual address, or a free port where that is taken.
func listen(usual string) (net.Listener, error) {
	if l, err := net.Listen("tcp", usual); err == nil {
		return l, nil
	}
	return net.Listen("tcp", "localhost:0")
}

func address(l net.Listener) string {
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return net.JoinHostPort("localhost", port)
}

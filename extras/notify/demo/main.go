// Demo is what `go run ./demo` starts for notify: another app, which is told of outcomes
// and shows on a page what it was told. It prints the settings with which the program
// reaches it, then a word to people, then an empty line, and ends with its standard input.
package main

import (
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "receiver:", err)
		os.Exit(1)
	}
}

func run(until io.Reader, out io.Writer) error {
	secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte("words of the demo, and no secret"))
	l, err := net.Listen("tcp", "localhost:4247")
	if err != nil { // taken
		l, err = net.Listen("tcp", "localhost:0")
	}
	if err != nil {
		return err
	}
	defer l.Close()
	other, err := newReceiver(secret)
	if err != nil {
		return err
	}
	go func() { _ = http.Serve(l, other) }() // it ends with the demo
	_, port, _ := net.SplitHostPort(l.Addr().String())
	address := "http://" + net.JoinHostPort("localhost", port)
	if _, err := fmt.Fprintf(out, "NOTIFY_URL=%s/hook\nNOTIFY_SECRET=%s\n"+
		"Another app, with what it is told by signed webhooks:\n  %s\n\n", address, secret, address); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, until)
	return err
}

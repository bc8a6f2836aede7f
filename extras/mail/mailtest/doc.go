// Package mailtest has only tests: the program against a real SMTP server, with
// TLS, refusals and outages. It is a module of its own, so that the server is no
// requirement of the program.
package mailtest

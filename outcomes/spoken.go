package outcomes

import (
	"encoding/json"
	"fmt"
	"net"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Spoken is what may be logged of an error where it may be about a person: parsers, and calls, quote what they were given. What
// others say around it stays, since it tells which of them has failed.
func Spoken(err error) string {
	switch e := err.(type) {
	case *url.Error:
		if e.Op != "parse" {
			return e.Op + ": " + Spoken(e.Err)
		}
		return unspoken(e)
	case *strconv.NumError, *time.ParseError, *json.SyntaxError, *json.UnmarshalTypeError, textproto.ProtocolError, *net.ParseError, *net.AddrError, *net.DNSError:
		return unspoken(e)
	case interface{ Unwrap() []error }:
		return around(err, e.Unwrap())
	case interface{ Unwrap() error }:
		return around(err, []error{e.Unwrap()})
	}
	return err.Error()
}

func unspoken(err error) string {
	return strings.TrimLeft(fmt.Sprintf("%T", err), "*") + ", which quotes what it was given"
}

// around is an error's own words, with what may be logged of those in it.
func around(err error, inner []error) string {
	text := err.Error()
	for _, e := range inner {
		if e == nil {
			continue
		}
		whole, said := e.Error(), Spoken(e)
		if said != whole && !strings.Contains(text, whole) {
			return said // it says so otherwise, perhaps with what is quoted
		}
		text = strings.ReplaceAll(text, whole, said)
	}
	return text
}

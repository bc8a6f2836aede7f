package outcomes

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"syscall"
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

// Unreached says why there is no conversation with a server, in none of the error's own words, which name the address.
func Unreached(err error) string {
	var late net.Error
	var name *net.DNSError
	var system syscall.Errno
	switch {
	case errors.As(err, &late) && late.Timeout():
		return "no answer in time"
	case errors.As(err, &name):
		return "its name is not found"
	case errors.As(err, new(*tls.CertificateVerificationError)):
		return "its certificate has expired, is not for that name, or is not known here"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "it speaks http and not https"
	case errors.As(err, &system):
		return system.Error()
	}
	return "no answer, or none as expected"
}

// Span is a length of time as people write it, such as 30 s, 2 min or 1 h 5 min.
func Span(d time.Duration) string {
	if d = d.Round(time.Second); d >= 10*time.Minute {
		d = d.Round(time.Minute)
	}
	units := strings.NewReplacer("h0m0s", " h", "m0s", " min", "h", " h ", "m", " min ", "s", " s")
	return units.Replace(d.String())
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

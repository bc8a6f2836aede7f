//go:build unix

package extras_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime/multipart"
	"net"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/identity-starter/tests"
)

// typist sends what was typed, wherever something can be.
type typist struct {
	*tests.Browser
	names []string
	user  string // somebody whom reviewers can decide about
	sent  int
}

// bodies are all fields with the text, in each form that a body can have, and some that are broken.
func (y *typist) bodies(text string) map[string]string {
	form, object := url.Values{}, map[string]string{}
	var parts bytes.Buffer
	w := multipart.NewWriter(&parts)
	for _, name := range y.names {
		value := text
		if name == "user" {
			value = y.user
		}
		object[name] = value
		form.Set(name, value)
		_ = w.WriteField(name, value) // into memory
	}
	_, _ = w.CreateFormFile("file", text+".jpg")
	whole, _ := json.Marshal(object) // of texts
	_ = w.Close()
	return map[string]string{
		"application/x-www-form-urlencoded": form.Encode(), "application/json": string(whole), w.FormDataContentType(): parts.String(),
		"application/x-www-form-urlencoded; charset=" + oneOf: "%zz" + text + "&" + text + ";=%",
		"application/json; " + oneOf:                          `{"email":"` + text + `", ` + text, "multipart/form-data; boundary=" + oneOf: "--" + oneOf + "\r\n" + text,
		text: text, "text/plain": strings.Repeat(text, 20_000),
	}
}

// send asks for a route with the text everywhere: in the path, the query, headers, cookies and the body.
func (y *typist) send(method, path, kind, body, text string) {
	y.T.Helper()
	query := url.Values{}
	for _, name := range y.names {
		query.Set(name, text)
	}
	if method == "GET" && strings.HasPrefix(path, "/review") {
		query.Set("user", y.user)
	}
	path = regexp.MustCompile(`\*|:\w+`).ReplaceAllString(path, url.PathEscape(text))
	request := y.Request(method, path+"?"+query.Encode()+"&%zz"+oneOf, strings.NewReader(body))
	for _, name := range []string{"Referer", "User-Agent", "Accept-Language", "X-Forwarded-For", "Forwarded", "X-Request-Id", "Stripe-Signature",
		"Last-Event-Id", "If-Modified-Since", "Range", "X-Real-Ip", "X-Forwarded-Host", "X-Http-Method-Override", oneOf} {
		request.Header.Set(name, text)
	}
	request.Header.Set("Content-Type", kind)
	for _, name := range []string{"user", "lang", "connected", oneOf} {
		request.Header.Add("Cookie", name+"="+text)
	}
	if y.sent++; y.sent%2 == 0 {
		request.Header.Set("Accept", text)
	}
	if response, err := y.Client.Do(request); err == nil { // else it was cut off
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
}

// raw sends what no client of Go's sends.
func raw(t *testing.T, base string) {
	t.Helper()
	host := strings.TrimPrefix(base, "http://")
	for _, request := range []string{
		"GET / HTTP/1.1\r\nHost: " + oneOf + ".example\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: " + typed + "\r\n\r\n",
		"GET http://" + oneOf + ":x/ HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
		strings.ToUpper(oneOf) + " / HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
		"GET /" + oneOf + "%zz HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
		"GET / " + oneOf + "/9\r\nHost: " + host + "\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: " + host + "\r\n" + typed + "\r\n\r\n",
		"GET /review HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: Basic " + base64.StdEncoding.EncodeToString([]byte(typed+":"+typed)) + "\r\n\r\n",
		"GET /review HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: " + typed + "\r\n\r\n",
		"POST /connect/authorize HTTP/1.1\r\nHost: " + host + "\r\nOrigin: https://" + oneOf + ".example\r\nContent-Length: 0\r\n\r\n",
		"POST /webhook HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: " + oneOf + "\r\n\r\n",
		"POST /webhook HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: " + oneOf + "\r\n\r\n",
		"POST /webhook HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: chunked\r\n\r\n" + oneOf + "\r\n\r\n",
		"POST /webhook HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + typed + "\r\n\r\n",
		"POST /webhook HTTP/1.1\r\nHost: " + host + "\r\nTransfer-Encoding: chunked\r\nTrailer: " + oneOf + "\r\n\r\n0\r\n" + oneOf + ": " + typed + "\r\n\r\n",
		"POST /create-verification-session HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + typed + "\r\n\r\n",
	} {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = io.WriteString(conn, request)
		_ = conn.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, conn) // whatever it answers
		_ = conn.Close()
	}
}

// signed delivers bodies with the right signature in which everything is free text.
func signed(t *testing.T, a *tests.App) {
	t.Helper()
	odd := tests.Object{"id": typed, "status": typed, "client_reference_id": typed, "metadata": tests.Object{"user_id": typed, typed: typed},
		"last_error": tests.Object{"code": typed, "reason": typed}}
	event := tests.Snapshot(typed, typed, odd).With(tests.Object{"account": typed, "api_version": typed, typed: typed})
	for _, body := range []string{event.JSON(t), event.With(tests.Object{"type": tests.VerifiedEvent}).JSON(t), event.With(tests.Object{"created": typed}).JSON(t),
		tests.Snapshot("evt_odd", tests.VerifiedEvent, tests.Object{"id": "vs_odd", "status": 7, "metadata": typed}).JSON(t),
		`{"id":"` + typed, `"` + typed + `"`, typed} {
		a.Deliver(body, tests.PlatformSecret)
		a.Deliver(body, "whsec_"+oneOf)
	}
}

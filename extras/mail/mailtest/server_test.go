package mailtest_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

const user, password = "starter", "wordsforthesimulator"

// server is a mail server on loopback that wants a user and a password.
type server struct {
	addr string
	// answer is what it says to the recipient, nil for yes; got what it took.
	mu     sync.Mutex
	answer func() error
	asked  chan string // recipients
	hold   chan struct{}
	got    chan received
	stop   func()
}

type received struct {
	id, subject, to, from, auto string
	tls                         bool
	body                        string
}

// security is how a server speaks TLS.
type security int

const (
	none security = iota
	open          // the same, and nobody has to sign in
	startTLS
	fromTheStart
)

// serve starts a server; addr is where, or "" for a free port.
func serve(t *testing.T, s security, certificate tls.Certificate, addr string) *server {
	t.Helper()
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	b := &server{addr: l.Addr().String(), asked: make(chan string, 100), got: make(chan received, 100)}
	smtpServer := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		_, secure := c.TLSConnectionState()
		return &conversation{server: b, tls: secure, signedIn: s == open}, nil
	}))
	smtpServer.Domain, smtpServer.ErrorLog = "localhost", log.New(io.Discard, "", 0)
	smtpServer.AllowInsecureAuth = s == none
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	switch s {
	case startTLS:
		smtpServer.TLSConfig = config
	case fromTheStart:
		l = tls.NewListener(l, config)
	}
	go func() { _ = smtpServer.Serve(l) }() // ends with Close
	b.stop = sync.OnceFunc(func() { _ = smtpServer.Close() })
	t.Cleanup(b.stop)
	return b
}

func (b *server) answers(answer func() error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answer = answer
}

// mail waits for the next mail that the server takes.
func (b *server) mail(t *testing.T) received {
	t.Helper()
	select {
	case m := <-b.got:
		return m
	case <-time.After(30 * time.Second):
		t.Fatal("a mail must arrive")
		return received{}
	}
}

// recipient waits for the next mail that is offered, taken or not.
func (b *server) recipient(t *testing.T) string {
	t.Helper()
	select {
	case to := <-b.asked:
		return to
	case <-time.After(30 * time.Second):
		t.Fatal("a mail must be offered")
		return ""
	}
}

type conversation struct {
	server   *server
	tls      bool
	signedIn bool
	from, to string
}

func (c *conversation) AuthMechanisms() []string { return []string{sasl.Plain} }

func (c *conversation) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, u, p string) error {
		if u != user || p != password {
			return smtp.ErrAuthFailed
		}
		c.signedIn = true
		return nil
	}), nil
}

func (c *conversation) Mail(from string, _ *smtp.MailOptions) error {
	if !c.signedIn {
		return smtp.ErrAuthRequired
	}
	c.from = from
	return nil
}

func (c *conversation) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.to = to
	c.server.mu.Lock()
	answer := c.server.answer
	c.server.mu.Unlock()
	c.server.asked <- to
	if answer != nil {
		return answer()
	}
	return nil
}

func (c *conversation) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return errors.New("not a mail")
	}
	got := received{id: m.Header.Get("Message-ID"), subject: m.Header.Get("Subject"), auto: m.Header.Get("Auto-Submitted"),
		to: c.to, from: c.from, tls: c.tls, body: string(raw)}
	c.server.mu.Lock()
	hold := c.server.hold
	c.server.mu.Unlock()
	c.server.got <- got
	if hold != nil {
		<-hold
	}
	return nil
}

func (c *conversation) Reset()        {}
func (c *conversation) Logout() error { return nil }

// certificate makes one for localhost that nobody trusts but who has the file.
func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.ParseIP(network)},
		NotBefore:   time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

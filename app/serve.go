package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"example.com/identity-starter/doctor"
	"example.com/identity-starter/handlers"
	"example.com/identity-starter/settings"
	"example.com/identity-starter/store"
)

// drainTime is how long requests under way may take to finish after a signal, and then what is done in the background.
const drainTime = 15 * time.Second

// serve answers requests and does what follows from them until ctx ends.
func (p *program) serve(ctx context.Context, stdout io.Writer) error {
	listener, err := p.listen(ctx)
	if err != nil {
		return err
	}
	defer listener.Close()
	p.store.Place = place(listener.Addr())
	a, err := p.start(ctx, stdout)
	if err != nil {
		return err
	}
	p.announce(stdout, listener.Addr().String())
	return errors.Join(serveHTTP(ctx, listener, a, a.log), a.Close())
}

// serveHTTP answers requests until ctx ends, then lets the requests under way finish.
func serveHTTP(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	// Connections on which nothing was ever asked: browsers keep some in reserve, and
	// Shutdown would wait five seconds for them.
	var unused sync.Map
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      40 * time.Second, // above the time that calls to Stripe may take
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ConnState: func(c net.Conn, state http.ConnState) {
			if state == http.StateNew {
				unused.Store(c, nil)
			} else {
				unused.Delete(c)
			}
		},
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	log.InfoContext(ctx, "stopping: requests under way may finish, a second Ctrl-C ends them")
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	_ = listener.Close()
	<-failed // after which there is no new connection
	unused.Range(func(c, _ any) bool {
		_ = c.(net.Conn).Close()
		return true
	})
	if err := server.Shutdown(drain); err != nil {
		return errors.Join(fmt.Errorf("stop: requests were still under way after %v: %w", drainTime, err), server.Close())
	}
	return nil
}

// listen opens the port first: what is taken should be said before anything else happens.
func (p *program) listen(ctx context.Context) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", p.addr)
	if isInUse(err) {
		return nil, errors.New("ADDR: another program uses this port: stop it, or set ADDR and BASE_URL to another one")
	} else if err != nil {
		return nil, errors.New("ADDR: cannot listen there: use a host name or address of this machine and a port above 1023")
	}
	if p.web.BaseURL == nil { // port 0: the system has chosen
		_, port, _ := net.SplitHostPort(listener.Addr().String())
		p.isAt(&url.URL{Scheme: "http", Host: "localhost:" + port})
	}
	return listener, nil
}

// place is where nobody else can listen, among all that share the database; "": it is not known.
func place(addr net.Addr) string {
	machine, err := os.Hostname()
	if err != nil {
		return ""
	}
	return machine + " " + addr.String()
}

// isInUse says whether another program listens there. Windows has a number of its own for it, WSAEADDRINUSE.
func isInUse(err error) bool {
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, syscall.Errno(10048))
}

// announce says in a few lines what is on, and what to do next. It never names a secret.
func (p *program) announce(w io.Writer, addr string) {
	say := func(name, text string) { fmt.Fprintf(w, "  %-10s %s\n", name, text) }
	fmt.Fprintf(w, "%s, %s\n", p.web.AppName, map[bool]string{false: "test mode", true: "LIVE mode"}[p.web.Live])
	users := map[handlers.Mode]string{
		handlers.AnonymousUsers: "anonymous, one for each browser",
		handlers.OwnSignIn:      "from the team's sign-in",
		handlers.HeaderSignIn:   "from the header " + p.web.AuthUserHeader,
		handlers.NamedElsewhere: "whom another app names: nobody signs in here",
	}[p.web.Mode()]
	connect := "off: set STRIPE_CLIENT_ID to turn it on"
	if p.gateway.ClientID != "" {
		tokens := map[bool]string{false: "not kept", true: "kept"}[len(p.store.TokenKey) > 0]
		connect = "on, refresh tokens " + tokens + ", redirect URI " + p.gateway.RedirectURL
	}
	say("listening", addr)
	say("database", p.calledDatabase())
	say("users", fmt.Sprintf("%s, %d failed checks each", users, p.store.MaxAttempts))
	say("connect", connect)
	p.announceExtras(say)
	for _, doubt := range p.doubts {
		say(slog.LevelWarn.String(), doubt)
	}
	local := settings.IsLoopback(p.web.BaseURL.Hostname())
	switch {
	case p.gateway.APIBase != "":
		say("stripe", "simulated at "+p.gateway.APIBase)
	case local:
		say("webhooks", "run: "+doctor.ListenCommand(p.web.BaseURL, p.gateway.ClientID != "", p.gateway.OwnEvents))
	default:
		say("webhooks", fmt.Sprintf("at %s, secrets: %d; `doctor` checks the endpoints at Stripe",
			p.web.BaseURL.JoinPath("webhook"), len(p.gateway.WebhookSecrets)))
	}
	for _, e := range p.extras {
		if e.Tell != "" {
			say(e.Name, strings.ReplaceAll(e.Tell, "{base}", p.web.BaseURL.String()))
		}
	}
	if _, port, _ := net.SplitHostPort(addr); local && p.web.BaseURL.Port() != port {
		say("note", "this listens on port "+port+", but BASE_URL, where people come back from Stripe, has another one")
	}
	say("open", p.web.BaseURL.String())
}

// calledDatabase says also of one that is new that it is: perhaps another one was meant.
func (p *program) calledDatabase() string {
	if p.made {
		return store.Called(p.database) + ", new: nothing is in it yet"
	}
	return store.Called(p.database)
}

// announceExtras says in one line what is on, and in one more what cannot work so.
func (p *program) announceExtras(say func(name, text string)) {
	var states []string
	for _, e := range p.extras {
		if e.State != "" {
			states = append(states, e.Name+" "+e.State)
		}
	}
	if len(states) > 0 {
		say("extras", strings.Join(states, ", "))
	}
	for _, e := range p.extras {
		if e.Warning != "" {
			say(slog.LevelWarn.String(), e.Name+": "+e.Warning)
		}
	}
}

//go:build unix

package tests

import (
	"database/sql"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Server is a PostgreSQL of a test's own, which that may stop, kill and fill.
type Server struct {
	t       *testing.T
	folder  string   // where its socket is, too
	run     []string // the command that runs it
	process *os.Process
	ended   chan struct{}
}

// What nobody may be told of a server: the program's user, its password and the database.
const (
	ownUser     = "marker_user"
	ownPassword = "marker_password"
	ownDatabase = "marker_database"
)

// OwnServer starts a server for programs that log in as an ordinary user, with options like max_connections=30.
// It is for tests that run on a server anyway: where PostgreSQL is not on this machine then, they fail.
func OwnServer(t *testing.T, options ...string) *Server {
	t.Helper()
	folder, err := os.MkdirTemp("", "pg") // shorter than a test's folder, since a socket's name may not be long
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, folder: folder}
	t.Cleanup(func() {
		s.Stop(syscall.SIGINT)
		_ = os.RemoveAll(folder)
	})
	as := asAnother(t, folder)
	data := filepath.Join(folder, "data")
	initdb := append(as, programOf(t, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	made := exec.CommandContext(t.Context(), initdb[0], initdb[1:]...)
	made.Dir = folder
	if out, err := made.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	s.run = append(as, programOf(t, "postgres"), "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "log_min_messages=panic")
	for _, option := range options {
		s.run = append(s.run, "-c", option)
	}
	s.Start()
	s.Do("CREATE ROLE " + ownUser + " LOGIN PASSWORD '" + ownPassword + "'")
	s.Do("CREATE DATABASE " + ownDatabase + " OWNER " + ownUser)
	return s
}

// programOf finds one of PostgreSQL's programs, on the PATH or where Debian has them.
func programOf(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name); err != nil && len(found) > 0 {
		path, err = found[len(found)-1], nil
	}
	if err != nil {
		t.Fatalf("%s must be on this machine for tests that stop a server: install PostgreSQL", name)
	}
	return path
}

// asAnother gives the folder to a user other than root, as whom PostgreSQL refuses to run, and returns what runs a program
// as that user, with the same process id.
func asAnother(t *testing.T, folder string) []string {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err := errors.Join(err1, err2, os.Chown(folder, uid, gid)); err != nil {
			t.Fatal(err)
		}
		return []string{"setpriv", "--reuid", u.Uid, "--regid", u.Gid, "--clear-groups"}
	}
	t.Fatal("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody")
	return nil
}

// Address is the database of the program's, by the server's socket.
func (s *Server) Address() string {
	q := url.Values{"host": {s.folder}, "user": {ownUser}, "password": {ownPassword}}
	return "postgres:///" + ownDatabase + "?" + q.Encode()
}

// admin is the address of the server's owner, for whom a few connections are kept.
func (s *Server) admin() string {
	return "postgres:///postgres?host=" + url.QueryEscape(s.folder) + "&user=postgres"
}

// Do runs a statement of the server's owner.
func (s *Server) Do(statement string) {
	s.t.Helper()
	db := Raw(s.t, s.admin())
	defer db.Close()
	execute(s.t, db, statement)
}

// Start starts the server (again) and returns once it lets somebody in. One that was killed has to wait until all of its
// processes are gone.
func (s *Server) Start() {
	s.t.Helper()
	db := Raw(s.t, s.admin())
	defer db.Close()
	Eventually(s.t, "the server lets somebody in", func() bool {
		if s.ended == nil {
			s.launch()
		}
		select {
		case <-s.ended:
			s.ended = nil
			return false
		default:
		}
		return db.PingContext(s.t.Context()) == nil
	})
}

func (s *Server) launch() {
	s.t.Helper()
	command := exec.Command(s.run[0], s.run[1:]...)
	command.Dir = s.folder
	if err := command.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = command.Wait(); close(ended) }()
	s.process, s.ended = command.Process, ended
}

// Stop ends the server by a signal: SIGINT is an orderly stop, SIGQUIT one without any order, and SIGKILL none at all.
func (s *Server) Stop(signal syscall.Signal) {
	s.t.Helper()
	if s.ended == nil {
		return
	}
	var also []int
	if signal == syscall.SIGKILL {
		also = s.processes()
	}
	_ = s.process.Signal(signal) // it may have ended
	for _, pid := range also {   // each goes on for a while after the one that has started it
		_ = syscall.Kill(pid, signal)
	}
	select {
	case <-s.ended:
		s.ended = nil
	case <-time.After(20 * time.Second):
		s.t.Errorf("the server must end by %v", signal)
	}
}

// processes are those that the server has begun.
func (s *Server) processes() (pids []int) {
	s.t.Helper()
	for _, row := range (&App{T: s.t, Database: s.admin()}).Rows("SELECT pid FROM pg_stat_activity") {
		pid, err := strconv.Atoi(row)
		if err != nil {
			s.t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

// NamesNothing checks that what a program has said has no name out of the server's address.
func (s *Server) NamesNothing(said string) {
	s.t.Helper()
	for line := range strings.Lines(said) {
		if strings.Contains(line, "marker") || strings.Contains(line, s.folder) {
			s.t.Errorf("nothing out of the server's address may be said, got\n%s", line)
			return
		}
	}
}

// fill has others take all connections, those of the program's too, until leave is called.
func (s *Server) fill() (leave func()) {
	s.t.Helper()
	var all []*sql.Conn
	others, owner := Raw(s.t, s.Address()+"&application_name=others"), Raw(s.t, s.admin())
	defer owner.Close()
	var most int
	if err := owner.QueryRowContext(s.t.Context(), `SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int`).
		Scan(&most); err != nil {
		s.t.Fatal(err)
	}
	Eventually(s.t, "others have all connections", func() bool {
		execute(s.t, owner, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '"+ownUser+"' AND application_name <> 'others'")
		for conn, err := others.Conn(s.t.Context()); err == nil; conn, err = others.Conn(s.t.Context()) {
			all = append(all, conn)
		}
		return len(all) == most
	})
	return func() {
		for _, conn := range all {
			_ = conn.Close()
		}
		_ = others.Close()
	}
}

// Deadlocks is how often transactions waited for each other, so that the server has taken one of them back.
func (s *Server) Deadlocks() (n int) {
	s.t.Helper()
	db := Raw(s.t, s.admin())
	defer db.Close()
	if err := db.QueryRowContext(s.t.Context(), "SELECT sum(deadlocks) FROM pg_stat_database").Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

package store

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// inspectPostgres looks at the server's database.
func inspectPostgres(ctx context.Context, db *DB, address string, found *Inspection) error {
	found.Unproven = unproven(address)
	soon, end := context.WithTimeout(ctx, glance)
	defer end()
	version, err := connectTo(soon, db, address)
	if err != nil {
		return err
	}
	number, _, _ := strings.Cut(version, " ") // what follows is who built it
	found.Server = "PostgreSQL " + number
	versions, err := db.readVersions(ctx, db, found)
	if err != nil {
		return err
	}
	try := "UPDATE schemas SET version = version"
	if slices.ContainsFunc(db.parts(), func(s Schema) bool { return versions[s.Part] < len(s.names()) }) {
		try = "CREATE TABLE doctor (tried bigint)"
	}
	return db.tryToWrite(ctx, db.engine.(*postgres).write, try, found)
}

func checkPostgres(address string) error {
	_, err := parsePostgres(address)
	return err
}

// parsePostgres tells nothing of the driver's words, which have the address in them.
func parsePostgres(address string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(address)
	switch {
	case err == nil:
		return config, nil
	case strings.Contains(err.Error(), "failed to configure TLS"):
		return nil, ErrTLS
	}
	return nil, ErrAddress
}

// unproven says whether a server on another machine need not prove who it is before it gets the password: by default
// encryption is tried, and whatever answers is believed.
func unproven(address string) bool {
	config, err := parsePostgres(address)
	if err != nil {
		return false
	}
	open := func(host string, t *tls.Config) bool {
		ip := net.ParseIP(host)
		near := ip.IsLoopback() || ip == nil && !strings.Contains(host, ".") || strings.HasPrefix(host, "/") // a name like that is this machine's, or of its containers
		return !near && (t == nil || t.InsecureSkipVerify && t.VerifyPeerCertificate == nil && t.VerifyConnection == nil)
	}
	return open(config.Host, config.TLSConfig) ||
		slices.ContainsFunc(config.Fallbacks, func(f *pgconn.FallbackConfig) bool { return open(f.Host, f.TLSConfig) })
}

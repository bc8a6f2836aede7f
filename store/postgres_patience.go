package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// What can happen to a connection. The driver's words have user, database and address in them; these have none.
var (
	ErrNoServer  = Problem{"PostgreSQL cannot be reached", "see that it runs, and compare host, port and sslmode with it"}
	ErrNotLetIn  = Problem{"PostgreSQL does not let the program in", "compare user and password, and the server's pg_hba.conf"}
	ErrNoSuch    = Problem{"the database is not there", "create it, or name another one"}
	ErrUnproven  = Problem{"PostgreSQL does not prove who it is", "see that its certificate is for the host in the address, and that sslrootcert names whoever signed it"}
	ErrParameter = Problem{"PostgreSQL refuses a parameter of the address", "compare what is behind its ?"}
	ErrFull      = Problem{"PostgreSQL has no connection left", "raise its max_connections, or end who else has them"}
	ErrLost      = errors.New("the connection to PostgreSQL was lost")
	ErrUncertain = errors.New("the connection to PostgreSQL was lost while it committed: whether it did is not known")
)

// patience is for how long something is tried again. It is a time and no count: in a pool that a restarted server has left
// each connection fails once.
const patience = 8 * time.Second

// patiently tries until it succeeds, or has failed in a way that is not worth another try. Who has less time than that is told of the
// last failure.
func patiently(ctx context.Context, try func() (again bool, err error)) error {
	wait := 5 * time.Millisecond
	for until := time.Now().Add(patience); ; wait = min(2*wait, 300*time.Millisecond) {
		again, err := try()
		if err == nil || !again || time.Now().After(until) {
			return plainly(err)
		}
		select {
		case <-time.After(wait/2 + rand.N(wait)):
		case <-ctx.Done(): // which may be why
			if errors.Is(ctx.Err(), context.Canceled) {
				return ctx.Err()
			}
			return plainly(err)
		}
	}
}

// code is the server's reason (postgresql.org/docs/current/errcodes-appendix.html); "": it is not the server that said no.
func code(err error) string {
	var told *pgconn.PgError
	if errors.As(err, &told) {
		return told.Code
	}
	return ""
}

// takenBack says whether the server has taken a transaction back because another one was in its way.
func takenBack(err error) bool {
	c := code(err)
	return c == "40001" || c == "40P01" || errors.Is(err, errAgain)
}

// passing says whether it may be better in a moment: the server starts or ends, has no connection left, or has ended who was held
// up for long, or the schema has just changed; or a pooler in front of it says, always as 08P01, that it has lost the server.
func passing(err error) bool {
	switch code(err) {
	case "08P01", "25P03", "57P01", "57P02", "57P03", "53300", "0A000":
		return true
	case "":
		return lost(err) && !distrusted(err)
	}
	return false
}

// distrusted says whether a certificate was refused.
func distrusted(err error) bool { return strings.Contains(err.Error(), "x509: ") }

// lost says whether there is no connection, any more or yet.
func lost(err error) bool {
	if err == nil {
		return false
	}
	var connecting *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.As(err, &connecting):
		return true
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return false
	}
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.As(err, &network) ||
		pgconn.SafeToRetry(err) || strings.Contains(err.Error(), "conn closed")
}

// plainly is one line of our own about a connection.
func plainly(err error) error {
	var connecting *pgconn.ConnectError
	if err == nil {
		return nil
	}
	if c := code(err); errors.As(err, &connecting) {
		switch {
		case strings.HasPrefix(c, "28"):
			return fmt.Errorf("%w (%s)", ErrNotLetIn, c)
		case c == "3D000":
			return fmt.Errorf("%w (%s)", ErrNoSuch, c)
		case c == "53300":
			return fmt.Errorf("%w (%s)", ErrFull, c)
		case c == "42501":
			return fmt.Errorf("%w (%s)", ErrRights, c)
		case strings.HasPrefix(c, "22"), strings.HasPrefix(c, "42"):
			return fmt.Errorf("%w (%s)", ErrParameter, c)
		case distrusted(err):
			return ErrUnproven
		case c != "":
			return fmt.Errorf("%w (%s)", ErrNoServer, c)
		}
		return ErrNoServer
	}
	if lost(err) {
		return ErrLost
	}
	return err
}

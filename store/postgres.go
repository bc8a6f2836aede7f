package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// What can be wrong with a server.
var (
	ErrAddress   = Problem{"the address of PostgreSQL does not parse", "it looks like postgres://user:password@host:5432/database, with other signs in it as %XX"}
	ErrTLS       = Problem{"what the address of PostgreSQL says of TLS cannot be done", "sslmode is disable, allow, prefer, require, verify-ca or verify-full, and sslrootcert, sslcert and sslkey are files that the program's user may read"}
	ErrOldServer = Problem{"the server is older than PostgreSQL 15", "upgrade it"}
	ErrOthers    = Problem{"the database has tables of another program, and none of ours", "name an empty one, or a schema of its own (?search_path=NAME)"}
	ErrRights    = Problem{"the role may not do what is needed there", "run `migrate` or `copy` as the role that owns the tables, and compare the program's rights with docs/several-machines.md"}
	ErrNoSchema  = Problem{"no schema of the search_path is there, or the role may use none", "create it as the role that owns the tables, or name another one"}
)

// errOutside is for a statement that might be repeated, and so may change nothing.
var errOutside = errors.New("outside of a transaction only SELECT is possible: whoever writes uses InTx")

const (
	// Of a pool that is too large the server has more to do than of one in which somebody waits.
	mostWriters, mostReaders = 10, 10
	// longest is for how long a transaction may take. In prepare is how long one is kept whose machine is silent: longer than that.
	longest = 30 * time.Second
	// glance is for how long somebody who asks at a terminal waits for a server: that nobody is there is an answer, too.
	glance = 2 * time.Second
	oldest = 15 // version of PostgreSQL
)

// postgres is the engine of a server, which several machines may share. It is READ COMMITTED: whoever changes anything of a
// user locks that user's row first, and reads again what was read before.
type postgres struct {
	db          *DB
	write, read *sql.DB
	crowd       crowd
}

func postgresKind() kind {
	return kind{"PostgreSQL", checkPostgres, openPostgres, openPostgres, inspectPostgres}
}

// openPostgres connects to a server.
func openPostgres(ctx context.Context, db *DB, address string) error {
	_, err := connectTo(ctx, db, address)
	return err
}

// connectTo connects to a server, for which it waits a moment: both may just be starting. It returns the server's version.
func connectTo(ctx context.Context, db *DB, address string) (version string, err error) {
	p, err := newPostgres(db, address)
	if err != nil {
		return "", err
	}
	if version, err = Scan[string](db.QueryRowContext(ctx, "SELECT current_setting('server_version')")); err == nil {
		err = newEnough(version)
	}
	if err != nil {
		return "", errors.Join(err, p.close())
	}
	return version, nil
}

func newEnough(version string) error {
	var major int
	if _, err := fmt.Sscanf(version, "%d", &major); err != nil || major < oldest {
		return ErrOldServer
	}
	return nil
}

// newPostgres makes the two pools, which connect when they have to. A pool keeps its connections: each knows its statements.
func newPostgres(db *DB, address string) (*postgres, error) {
	config, err := parsePostgres(address)
	p := &postgres{db: db}
	p.crowd.p = p
	db.engine = p
	if err != nil {
		return p, err
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 5 * time.Second
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "identity-starter"
	}
	ready := stdlib.OptionAfterConnect(prepare)
	p.write, p.read = stdlib.OpenDB(*config, ready), stdlib.OpenDB(*config, ready)
	for pool, most := range map[*sql.DB]int{p.write: mostWriters, p.read: mostReaders} {
		pool.SetMaxOpenConns(most)
		pool.SetMaxIdleConns(most)
	}
	db.Querier = patient{p.read}
	return p, nil
}

// prepare has indexes used also where a statement was planned while its tables were small, or the server has yet to count
// what is in them: nothing of ours reads a whole table that can grow. And what a machine has locked that is cut off is free
// again soon, and not only once the server's system has noticed, after two hours. It is said once it is connected: a pooler
// refuses it before, and may give the connection to others of the same user.
func prepare(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `SET enable_seqscan = off; SET jit = off;
		SELECT set_config(name, '40s', false) FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout' AND setting = '0'`)
	return err
}

// run is one transaction, which begins anew where another one was in its way, or its connection was lost. Who leaves while
// waiting for a connection has written nothing; after that, leaving changes nothing any more.
func (p *postgres) run(ctx context.Context, how frame, do func(context.Context, *Tx) error) (tx *Tx, err error) {
	if how == shared {
		if tx, err = p.crowd.run(ctx, do); !errors.Is(err, errAlone) {
			return tx, err
		}
	}
	err = patiently(ctx, func() (again bool, err error) {
		var sent bool
		if tx, sent, err = p.try(ctx, how, do); sent && passing(err) {
			err = ErrUncertain
		}
		return err != nil && (takenBack(err) || !sent && passing(err)), err
	})
	return tx, err
}

// try also says whether the server was told to commit: from then on it alone knows whether it did.
func (p *postgres) try(ctx context.Context, how frame, do func(context.Context, *Tx) error) (tx *Tx, sent bool, err error) {
	err = p.online(ctx, func(l line) error {
		whole := context.WithoutCancel(ctx)
		if how != migration {
			limited, end := context.WithTimeout(whole, longest)
			defer end()
			whole = limited
		}
		c := &conversation{line: l, ask: l.ask}
		tx = &Tx{conn: c}
		if err := p.fill(whole, tx, how, do); err != nil || len(c.queued) == 0 && l.idle() {
			return err
		}
		sent = true
		return l.commit(whole, c.queued)
	})
	return tx, sent, err
}

// online has a connection for do, which leaves no transaction on it.
func (p *postgres) online(ctx context.Context, do func(line) error) error {
	conn, err := p.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(driver any) error {
		l := line{driver.(*stdlib.Conn).Conn()}
		defer l.end()
		return do(l)
	})
}

// fill is what is done in a transaction.
func (p *postgres) fill(ctx context.Context, tx *Tx, how frame, do func(context.Context, *Tx) error) error {
	if how == migration {
		if err := errors.Join(tx.Write(ctx, "take as long as it takes", unhurried), p.lockName(ctx, tx, "migration")); err != nil {
			return err
		}
	}
	if err := do(ctx, tx); err != nil {
		return err
	}
	return p.db.writeMinutes(ctx, tx.conn, tx.minutes) // last: others of that minute wait for it
}

func (p *postgres) tables(ctx context.Context, q Querier) ([]string, error) {
	return List(ctx, q, Scan[string], `SELECT tablename FROM pg_tables WHERE schemaname = current_schema()`)
}

func (p *postgres) several() bool { return true }

func (p *postgres) lockName(ctx context.Context, tx *Tx, name string) error {
	// With the schema, so that two databases in one have no lock in common. (A hash may be another name's: then that one waits, too.)
	return tx.Write(ctx, "lock "+name, `SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' ' || $1, 0))`, name)
}

func (p *postgres) explain(err error) error {
	var told *pgconn.PgError
	switch {
	case errors.Is(err, ErrForeign):
		return ErrOthers
	case errors.As(err, &told) && told.Code == "42501":
		return fmt.Errorf("%w (%s)", ErrRights, told.Message)
	case told != nil && told.Code == "3F000":
		return ErrNoSchema
	}
	return plainly(err)
}

// stands is true of a server: it answers for its files itself.
func (p *postgres) stands() error { return nil }

// scrub has nothing to do: what a server's files hold of what was erased goes with its own VACUUM and its log's end.
func (p *postgres) scrub(context.Context) (bool, error) { return true, nil }

func (p *postgres) close() error {
	if p.write == nil {
		return nil
	}
	return errors.Join(p.write.Close(), p.read.Close())
}

// patient reads from a pool, once more where a connection is lost before it has read anything.
type patient struct{ pool *sql.DB }

func (r patient) QueryRowContext(ctx context.Context, query string, args ...any) Row {
	return oneRow{r, ctx, query, args}
}

func (r patient) each(ctx context.Context, read func(Row) (bool, error), query string, args ...any) error {
	if !reads(query) && !strings.HasPrefix(query, "WITH ") {
		return errOutside // no setting of the connection says so: a pooler refuses it, or gives it to others
	}
	return patiently(ctx, func() (again bool, err error) {
		begun := false
		err = reader{r.pool}.each(ctx, func(row Row) (bool, error) {
			begun = true
			return read(row)
		}, spoken(query), readable(args)...)
		return err != nil && !begun && (takenBack(err) || passing(err)), err
	})
}

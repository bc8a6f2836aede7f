package bench_test

// contents is what a database has before a load.
type contents struct {
	users  int // each with a session that is open: vs_bench_1 and so on
	events int // of the past, about other sessions
	// others are users with four actions each, which are all done, or, with waiting,
	// of which the first has failed and is put off, so that the other three wait for it.
	others  int
	waiting bool
}

// rows are inserted for i from 1 to count, with the time.
type rows struct {
	count  int
	insert string // what comes after WITH … n(i, now)
}

// fill is the one place that knows the tables of this version, fillBefore the one
// that knows those of the version that it is measured beside.
func fill(c contents) []rows {
	done := "now - 800"
	if c.waiting {
		done = "NULL"
	}
	return []rows{
		{c.users, `INSERT INTO people (nr, livemode, user_id, numbered, newest, open) SELECT i, 0, 'anon_' || i, 1, 1, 1 FROM n`},
		{c.users, `INSERT INTO verifications (person, number, id, livemode, user_id, session_id, news_at, created_at, updated_at, opened_at, link_at, check_at)
			SELECT i, 1, lower(hex(randomblob(13))), 0, 'anon_' || i, 'vs_bench_' || i, now - 1000, now - 1000, now - 1000, now - 1000, now - 1000, now + 170000 FROM n`},
		{c.events, `INSERT INTO events (id, type, livemode, account, object_id, created_at, received_at, result)
			SELECT 'evt_' || lower(hex(randomblob(12))), 'identity.verification_session.verified', 0, '',
			    'vs_' || lower(hex(randomblob(12))), now - 1000000 + i, now - 1000000 + i, 'applied' FROM n`},
		{c.others, `INSERT INTO people (nr, livemode, user_id, numbered, newest, verified, verdicts) SELECT 1000000 + i, 0, 'other_' || i, 1, 1, 1, 1 FROM n`},
		{c.others, `INSERT INTO verifications (person, number, id, livemode, user_id, session_id, status, news_at, created_at, updated_at)
			SELECT 1000000 + i, 1, lower(hex(randomblob(13))), 0, 'other_' || i, 'vs_waiting_' || i, 'verified', now - 900, now - 1000, now - 900 FROM n`},
		{c.others, `INSERT INTO actions (key, livemode, kind, outcome, person, user_id, object_id, code, created_at, due_at, followed, tries, done_at)
			SELECT 'team:' || i || ':' || k, 0, 'team', 'verified', 1000000 + i, 'other_' || i, 'vs_waiting_' || i, '', now - 900,
			    CASE k WHEN 0 THEN now + 3600 END, CASE k WHEN 0 THEN 1 ELSE 0 END, CASE k WHEN 0 THEN 1 ELSE 0 END, ` + done + `
			  FROM n, (SELECT column1 AS k FROM (VALUES (0), (1), (2), (3)) AS four) AS each ORDER BY k, i`},
	}
}

// fillBefore fills what commit 0659f7c has made, and only with users.
func fillBefore(c contents) []rows {
	return []rows{
		{c.users, `INSERT INTO verifications (id, livemode, user_id, session_id, news_at, created_at, updated_at)
			SELECT lower(hex(randomblob(13))), 0, 'anon_' || i, 'vs_bench_' || i, now - 1000, now - 1000, now - 1000 FROM n`},
	}
}

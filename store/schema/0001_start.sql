-- What the core remembers. Names and columns are promised to teams that query them:
-- add columns and tables in a new script, never change these.
-- Times are Unix seconds, UTC. livemode is 1 for Stripe's live mode, 0 for test mode:
-- both can share a file and never meet.

-- One row is one VerificationSession. The row exists before the session does, so that
-- a webhook that beats the answer to our own request finds it.
CREATE TABLE verifications (
    id         TEXT    NOT NULL PRIMARY KEY,            -- 128 random bits; idempotency key and client_reference_id at Stripe
    livemode   INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    user_id    TEXT    NOT NULL,                        -- metadata.user_id at Stripe
    session_id TEXT    UNIQUE,                          -- vs_…; NULL until Stripe answered
    status     TEXT    NOT NULL DEFAULT 'requires_input'
               CHECK (status IN ('requires_input', 'processing', 'verified', 'canceled')),
    error_code TEXT    NOT NULL DEFAULT '',             -- last_error.code; '' while nothing failed
    news_at    INTEGER NOT NULL DEFAULT 0,              -- Stripe's time of the newest news applied
    asked_at   INTEGER NOT NULL DEFAULT 0,              -- our time of the last retrieve, so that Stripe is not asked too often
    key_number INTEGER NOT NULL DEFAULT 0,              -- counts idempotency keys given up: Stripe replays an answer, a 500 too, for a day
    redacted_at INTEGER,                               -- when we learned that Stripe has redacted the session
    check_at   INTEGER,                                 -- when to look at Stripe, should nothing be heard; NULL: no more
    checks     INTEGER NOT NULL DEFAULT 0,              -- how often that was done since the last news
    opened_at  INTEGER NOT NULL DEFAULT 0,              -- the last click that led to Stripe, by our clock
    lang       TEXT    NOT NULL DEFAULT '',             -- the person's language at the last click
    -- Whether a verified session counts, where something is asked before it does.
    gate       TEXT    NOT NULL DEFAULT ''              -- '': nothing was asked
               CHECK (gate IN ('', 'waiting', 'passed', 'held')),
    gate_note  TEXT    NOT NULL DEFAULT '',             -- why it is held, without personal data
    needs_review INTEGER NOT NULL DEFAULT 0             -- 1 until a reviewer has decided
               CHECK (needs_review IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

-- A user has one open session: a double click, two tabs and two processes meet here.
CREATE UNIQUE INDEX verifications_one_open ON verifications (livemode, user_id)
    WHERE status IN ('requires_input', 'processing');
CREATE INDEX verifications_by_user ON verifications (livemode, user_id, created_at);
CREATE INDEX verifications_verified_at ON verifications (livemode, news_at) WHERE status = 'verified';
CREATE INDEX verifications_at_gate ON verifications (livemode, session_id) WHERE gate = 'waiting';
CREATE INDEX verifications_to_check ON verifications (livemode, check_at)
    WHERE status IN ('requires_input', 'processing') AND session_id IS NOT NULL;

-- One row is one failed check that counts towards the limit. The report makes it unique,
-- however often and by whichever way (webhook, return page) Stripe tells of it.
CREATE TABLE attempts (
    report_id  TEXT    NOT NULL PRIMARY KEY,            -- vr_…
    livemode   INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    session_id TEXT    NOT NULL,
    user_id    TEXT    NOT NULL,
    code       TEXT    NOT NULL,                        -- last_error.code; '' when Stripe gave none
    created_at INTEGER NOT NULL                         -- Stripe's time
) STRICT;

CREATE INDEX attempts_by_user ON attempts (livemode, user_id);
CREATE INDEX attempts_by_time ON attempts (livemode, created_at, code);

-- One row is one webhook event received: the proof of receipt, without its payload.
CREATE TABLE events (
    id          TEXT    NOT NULL PRIMARY KEY,           -- evt_…
    type        TEXT    NOT NULL,
    livemode    INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    account     TEXT    NOT NULL,                       -- acct_… of a Connect event, else ''
    object_id   TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,                       -- Stripe's time
    received_at INTEGER NOT NULL,
    result      TEXT    NOT NULL CHECK (result IN ('applied', 'stale', 'ignored', 'unmatched'))
) STRICT;

CREATE INDEX events_by_time ON events (livemode, created_at);
CREATE INDEX events_by_object ON events (livemode, object_id, created_at);

-- One row is a reviewer's decision. Append-only: a change of mind is a new row.
CREATE TABLE decisions (
    id            INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    livemode      INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    user_id       TEXT    NOT NULL,
    session_id    TEXT    NOT NULL,                     -- '' when the decision is about the user alone
    decision      TEXT    NOT NULL CHECK (decision IN ('approve', 'reject', 'one_more', 'cancel', 'redact')),
    reviewer      TEXT    NOT NULL,
    reason        TEXT    NOT NULL,
    stripe_status TEXT    NOT NULL,                     -- Stripe's verdict at that moment, which a decision never overwrites
    created_at    INTEGER NOT NULL
) STRICT;

-- Newest first by the id, so that the last word on a user is found without sorting.
CREATE INDEX decisions_by_user ON decisions (livemode, user_id, id, decision);

-- What was decided stays as it was. Only the words can be blanked, and the user forgotten.
CREATE TRIGGER decisions_stay BEFORE DELETE ON decisions
BEGIN SELECT raise(ABORT, 'decisions are append-only'); END;
CREATE TRIGGER decisions_do_not_change BEFORE UPDATE OF id, livemode, session_id, decision, stripe_status, created_at ON decisions
BEGIN SELECT raise(ABORT, 'decisions are append-only'); END;

-- The answer to "is this user verified?". The newest approve or reject of a reviewer
-- beats Stripe's verdict; without one, a session that is verified and not held back decides.
-- The plus signs keep SQLite from an index that has every verified session, or every one to
-- be reviewed: it guesses that these are as few as a user's.
CREATE VIEW users AS
SELECT u.user_id, u.livemode,
       coalesce(
           (SELECT d.decision = 'approve' FROM decisions d
             WHERE d.livemode = u.livemode AND d.user_id = u.user_id AND d.decision IN ('approve', 'reject')
             ORDER BY d.id DESC LIMIT 1),
           EXISTS (SELECT 1 FROM verifications v
             WHERE v.livemode = u.livemode AND v.user_id = u.user_id AND +v.status = 'verified'
               AND v.gate IN ('', 'passed'))) AS verified,
       (SELECT count(*) FROM attempts a
         WHERE a.livemode = u.livemode AND a.user_id = u.user_id) AS attempts,
       (SELECT count(*) FROM decisions d
         WHERE d.livemode = u.livemode AND d.user_id = u.user_id AND d.decision = 'one_more') AS extra_attempts,
       EXISTS (SELECT 1 FROM verifications v
         WHERE v.livemode = u.livemode AND v.user_id = u.user_id AND +v.needs_review = 1) AS needs_review
  FROM (SELECT DISTINCT livemode, user_id FROM verifications) u;

-- One row is one Connect attempt under way: a state handed to Stripe and not yet come back.
CREATE TABLE oauth_states (
    state_hash TEXT    NOT NULL PRIMARY KEY,            -- SHA-256, so that the file holds nothing that works in a callback
    livemode   INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    user_id    TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX oauth_states_by_user ON oauth_states (livemode, user_id, expires_at);
CREATE INDEX oauth_states_by_expiry ON oauth_states (expires_at);

-- One row is one connected account. It stays after a disconnect, as history.
CREATE TABLE accounts (
    id              TEXT    NOT NULL,                   -- acct_…
    livemode        INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    user_id         TEXT    NOT NULL,
    scope           TEXT    NOT NULL,
    connected_at    INTEGER NOT NULL,                   -- Stripe's time, so that an older deauthorization is recognised
    disconnected_at INTEGER,                            -- NULL while connected
    -- With TOKEN_KEY, the connection's refresh token, sealed: without the key, and as
    -- another account's, it is noise. NULL when none is kept, and after a disconnect.
    sealed_token    BLOB,
    PRIMARY KEY (id, livemode)
) STRICT;

CREATE INDEX accounts_by_user ON accounts (livemode, user_id);
CREATE INDEX accounts_with_token ON accounts (livemode) WHERE sealed_token IS NOT NULL;

-- What must follow an outcome, whichever way the news came: written with the outcome
-- in one transaction, done after it by a worker, at least once.
CREATE TABLE actions (
    id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    key         TEXT    NOT NULL UNIQUE,                -- the same on every repeat of the news
    livemode    INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    kind        TEXT    NOT NULL,                       -- which consumer does it, by its name
    outcome     TEXT    NOT NULL,                       -- what it follows from: verified, failed, …
    user_id     TEXT    NOT NULL,
    object_id   TEXT    NOT NULL,                       -- vs_… or acct_…
    code        TEXT    NOT NULL,                       -- last_error.code of a failure, else ''
    created_at  INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    tries       INTEGER NOT NULL DEFAULT 0,
    lease_until INTEGER NOT NULL DEFAULT 0,             -- until when a process has it; two may share the file
    done_at     INTEGER,
    failed_at   INTEGER                                 -- given up after a day
) STRICT;

CREATE INDEX actions_open ON actions (livemode, kind, due_at) WHERE done_at IS NULL AND failed_at IS NULL;
CREATE INDEX actions_in_order ON actions (livemode, kind, user_id, id) WHERE done_at IS NULL AND failed_at IS NULL;

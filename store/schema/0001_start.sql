-- What the core remembers. Names and columns are promised to teams that query them:
-- add columns and tables in a new script, never change these.
-- Times are Unix seconds, UTC. livemode is 1 for Stripe's live mode, 0 for test mode:
-- both can share a file and never meet.

-- The one row says which database this is: its tag is made once, and kept in backups and copies.
CREATE TABLE origin (
    one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    tag     TEXT    NOT NULL,                           -- 8 random characters, with which the ids of verifications begin
    made_at INTEGER NOT NULL
) STRICT;

-- One row is one user: where they stand, in one place. It is the answer to "is this user verified?", which the view
-- users gives, and the lock: whoever changes what it says reads it first. It is written with what it is
-- derived from, in one transaction, and says nothing that verifications, attempts and decisions do not say.
CREATE TABLE people (
    nr             INTEGER NOT NULL PRIMARY KEY,        -- ours alone: what other tables point to; never told to anybody
    livemode       INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    user_id        TEXT    NOT NULL,
    verified       INTEGER NOT NULL DEFAULT 0           -- by the word, or without one by a verdict
                   CHECK (verified IN (0, 1)),
    word           TEXT    NOT NULL DEFAULT ''          -- a reviewer's last word that was not withdrawn, which beats Stripe's; '': none
                   CHECK (word IN ('', 'approve', 'reject')),
    verdicts       INTEGER NOT NULL DEFAULT 0,          -- sessions that Stripe has verified, and that count
    revoked        INTEGER NOT NULL DEFAULT 0,          -- sessions whose verdict Stripe has taken back
    at_gate        INTEGER NOT NULL DEFAULT 0,          -- sessions that Stripe has verified, and that wait at the gate
    reviews        INTEGER NOT NULL DEFAULT 0,          -- sessions that a reviewer has to look at
    attempts       INTEGER NOT NULL DEFAULT 0,          -- failed checks that count
    extra_attempts INTEGER NOT NULL DEFAULT 0,          -- given by reviewers
    last_decision  INTEGER NOT NULL DEFAULT 0,          -- the number of the newest; 0: none
    numbered       INTEGER NOT NULL DEFAULT 0,          -- how many verifications there have been
    newest         INTEGER NOT NULL DEFAULT 0,          -- the newest that there is: the one with the highest number; 0: none
    open           INTEGER NOT NULL DEFAULT 0,          -- the open one; 0: none
    updated_at     INTEGER NOT NULL DEFAULT 0,          -- when something of the above has changed last; 0: never
    UNIQUE (livemode, user_id)
) /*pg: WITH (fillfactor = 50)*/ STRICT;

-- The answer to "is this user verified?", for whoever has begun a verification.
CREATE VIEW users AS
SELECT user_id, livemode, verified, attempts, extra_attempts,
       CASE WHEN reviews > 0 THEN 1 ELSE 0 END AS needs_review
  FROM people WHERE newest > 0;

-- One row is one VerificationSession. The row exists before the session does, so that
-- a webhook that beats the answer to our own request finds it.
CREATE TABLE verifications (
    person     INTEGER NOT NULL REFERENCES people (nr),
    number     INTEGER NOT NULL,                        -- the user's first is 1; a later one has a higher number
    id         TEXT    NOT NULL UNIQUE,                 -- the tag and 128 random bits; idempotency key and client_reference_id at Stripe
    livemode   INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    user_id    TEXT    NOT NULL,                        -- metadata.user_id at Stripe
    session_id TEXT    UNIQUE,                          -- vs_…; NULL until Stripe answered
    status     TEXT    NOT NULL DEFAULT 'requires_input'
               CHECK (status IN ('requires_input', 'processing', 'verified', 'canceled')),
    error_code TEXT    NOT NULL DEFAULT '',             -- last_error.code; '' while nothing failed
    news_at    INTEGER NOT NULL DEFAULT 0,              -- Stripe's time of the newest news applied
    asked_at   INTEGER NOT NULL DEFAULT 0,              -- our time of the last retrieve, so that Stripe is not asked too often
    key_number INTEGER NOT NULL DEFAULT 0,              -- counts idempotency keys given up: Stripe replays an answer, a 500 too, for a day
    revoked    INTEGER NOT NULL DEFAULT 0,              -- how often Stripe has taken its verdict back
    spent      INTEGER NOT NULL DEFAULT 0               -- 1: nobody is sent there again, whatever its status
               CHECK (spent IN (0, 1)),
    erasing    INTEGER NOT NULL DEFAULT 0               -- 1: Stripe is to erase what it holds of it, and closes it with that
               CHECK (erasing IN (0, 1)),
    made_from  TEXT    NOT NULL DEFAULT '',             -- which check it was made for; '': not known
    returns_to TEXT    NOT NULL DEFAULT '',             -- the address that Stripe sends people back to
    missing_at INTEGER,                                 -- when Stripe said that it does not know the session
    redacted_at INTEGER,                                -- when we learned that Stripe has redacted the session
    check_at   INTEGER,                                 -- when to look at Stripe, should nothing be heard; NULL: no more
    checks     INTEGER NOT NULL DEFAULT 0,              -- how often that was done since the last news
    opened_at  INTEGER NOT NULL DEFAULT 0,              -- the last click that led to Stripe, by our clock
    link_at    INTEGER NOT NULL DEFAULT 0,              -- the same, until that link has led to something; in that minute it is counted
    lang       TEXT    NOT NULL DEFAULT '',             -- the person's language at the last click
    -- Whether a verified session counts, where something is asked before it does.
    gate       TEXT    NOT NULL DEFAULT ''              -- '': nothing was asked; dismissed: was held, and a reviewer has given another attempt instead
               CHECK (gate IN ('', 'waiting', 'passed', 'held', 'dismissed')),
    gate_note  TEXT    NOT NULL DEFAULT '',             -- why it is held, without personal data
    needs_review INTEGER NOT NULL DEFAULT 0             -- 1 until a reviewer has decided
               CHECK (needs_review IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (person, number)
) STRICT, WITHOUT ROWID;

-- A user has one open session: a double click, two tabs and two processes meet here.
CREATE UNIQUE INDEX verifications_one_open ON verifications (person)
    WHERE status IN ('requires_input', 'processing') AND spent = 0;
CREATE INDEX verifications_at_gate ON verifications (livemode, session_id) WHERE gate = 'waiting';
CREATE INDEX verifications_to_check ON verifications (livemode, check_at)
    WHERE status IN ('requires_input', 'processing') AND session_id IS NOT NULL;
CREATE INDEX verifications_missing ON verifications (livemode) WHERE missing_at IS NOT NULL;

-- One row is one failed check that counts towards the limit. The report makes it unique,
-- however often and by whichever way (webhook, return page) Stripe tells of it.
CREATE TABLE attempts (
    report_id  TEXT    NOT NULL PRIMARY KEY,            -- vr_…
    person     INTEGER NOT NULL REFERENCES people (nr),
    livemode   INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    session_id TEXT    NOT NULL,
    user_id    TEXT    NOT NULL,
    code       TEXT    NOT NULL,                        -- last_error.code; '' when Stripe gave none
    created_at INTEGER NOT NULL                         -- Stripe's time
) STRICT;

CREATE INDEX attempts_by_person ON attempts (person);
CREATE INDEX attempts_by_time ON attempts (livemode, created_at, code);

-- One row is one minute, and what in it has been or may be billed: the reports, the sessions that are being checked
-- and the links that may lead to a check. So nobody has to search for what a day has cost. It goes after a month.
CREATE TABLE minutes (
    livemode   INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    minute     INTEGER NOT NULL,                        -- Unix seconds divided by 60
    part       INTEGER NOT NULL DEFAULT 0,              -- a minute is the sum of its parts, which transactions that run side by side write
    verified   INTEGER NOT NULL DEFAULT 0,              -- sessions verified in it, by Stripe's time
    failed     INTEGER NOT NULL DEFAULT 0,              -- attempts made in it, by Stripe's time
    processing INTEGER NOT NULL DEFAULT 0,              -- sessions now being checked, whose link was given out in it
    links      INTEGER NOT NULL DEFAULT 0,              -- links given out in it that have led to nothing so far
    PRIMARY KEY (livemode, minute, part)
) STRICT, WITHOUT ROWID;

-- One row is one webhook event received: the proof of receipt, without its payload. It goes after 90 days.
CREATE TABLE events (
    id          TEXT    NOT NULL PRIMARY KEY,           -- evt_…
    type        TEXT    NOT NULL,
    livemode    INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    account     TEXT    NOT NULL,                       -- acct_… of a Connect event, else ''
    object_id   TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,                       -- Stripe's time
    received_at INTEGER NOT NULL,
    result      TEXT    NOT NULL CHECK (result IN ('applied', 'stale', 'ignored', 'unmatched', 'asked')),
    fetched     INTEGER NOT NULL DEFAULT 0              -- 1: Stripe was asked for it, and no webhook has brought it so far
                CHECK (fetched IN (0, 1)),
    person      INTEGER                                 -- whom it tells of; NULL: nobody here
) STRICT;

CREATE INDEX events_by_time ON events (livemode, created_at);
CREATE INDEX events_of_person ON events (person) WHERE person IS NOT NULL;

-- One row is a reviewer's decision. Append-only: a change of mind is a new row, and so is what takes one back.
CREATE TABLE decisions (
    id            INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    livemode      INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    user_id       TEXT    NOT NULL,
    session_id    TEXT    NOT NULL,                     -- '' when the decision is about the user alone
    decision      TEXT    NOT NULL CHECK (decision IN ('approve', 'reject', 'withdraw', 'one_more', 'cancel', 'redact')),
    withdraws     INTEGER UNIQUE REFERENCES decisions (id), -- the approve or reject that a withdraw takes back; NULL: it is none
    reviewer      TEXT    NOT NULL,
    reason        TEXT    NOT NULL,
    stripe_status TEXT    NOT NULL,                     -- Stripe's verdict at that moment, which a decision never overwrites
    created_at    INTEGER NOT NULL,
    CHECK ((decision = 'withdraw') = (withdraws IS NOT NULL))
) STRICT;

CREATE INDEX decisions_by_user ON decisions (livemode, user_id, id, decision);

-- What was decided stays as it was. Only the words can be blanked, and the user forgotten.
CREATE TRIGGER decisions_stay BEFORE DELETE ON decisions
BEGIN SELECT raise(ABORT, 'decisions are append-only'); END;
CREATE TRIGGER decisions_do_not_change BEFORE UPDATE OF id, livemode, session_id, decision, withdraws, stripe_status, created_at ON decisions
BEGIN SELECT raise(ABORT, 'decisions are append-only'); END;

-- One row is one Connect attempt: a state handed to Stripe. Once it has come back it is used up, and stays until it
-- expires, so that the same callback again can be told what became of it.
CREATE TABLE oauth_states (
    nr         INTEGER NOT NULL PRIMARY KEY,            -- in the order in which they were made
    state_hash TEXT    NOT NULL UNIQUE,                 -- SHA-256, so that the file holds nothing that works in a callback
    livemode   INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    user_id    TEXT    NOT NULL,
    expires_at INTEGER NOT NULL,
    callback   TEXT    NOT NULL DEFAULT '',             -- SHA-256 of state and code, once it has come back
    taken_at   INTEGER,                                 -- when that was, by our clock
    outcome    TEXT    NOT NULL DEFAULT ''              -- what became of it: acct_…, or an error's code; '': not known yet
) STRICT;

CREATE INDEX oauth_states_by_user ON oauth_states (livemode, user_id, nr);
CREATE INDEX oauth_states_by_expiry ON oauth_states (expires_at);

-- One row is one connected account. It stays after a disconnect, as history.
CREATE TABLE accounts (
    id              TEXT    NOT NULL,                   -- acct_…
    livemode        INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    user_id         TEXT    NOT NULL,
    scope           TEXT    NOT NULL,
    connected_at    INTEGER NOT NULL,                   -- Stripe's time, so that an older deauthorization is recognised
    generation      INTEGER NOT NULL DEFAULT 1,         -- counts its connections: two can be of one second
    platform        TEXT    NOT NULL DEFAULT '',        -- our own account, to which it is connected; '': the key could not read it
    disconnected_at INTEGER,                            -- NULL while connected
    -- With TOKEN_KEY, the connection's refresh token, sealed: without the key, and as
    -- another account's, it is noise. NULL when none is kept, and after a disconnect.
    sealed_token    BLOB,
    PRIMARY KEY (id, livemode)
) STRICT;

CREATE INDEX accounts_by_user ON accounts (livemode, user_id);
CREATE INDEX accounts_with_token ON accounts (livemode) WHERE sealed_token IS NOT NULL;

-- What must follow an outcome, whichever way the news came: written with the outcome in one transaction, done after
-- it by a worker, at least once, and removed a month after that. What one consumer does about one user is a queue: only its first is ever due, so that
-- a search for work never walks past those that wait behind one that failed.
CREATE TABLE actions (
    id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    key         TEXT    NOT NULL,                       -- the same on every repeat of the news
    livemode    INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    kind        TEXT    NOT NULL,                       -- which consumer does it, by its name
    outcome     TEXT    NOT NULL,                       -- what it follows from: verified, failed, …
    person      INTEGER NOT NULL,                       -- 0: it is about nobody
    user_id     TEXT    NOT NULL,
    object_id   TEXT    NOT NULL,                       -- vs_… or acct_…
    code        TEXT    NOT NULL,                       -- last_error.code of a failure, else ''
    created_at  INTEGER NOT NULL,
    due_at      INTEGER,                                -- NULL: once those before it are done
    followed    INTEGER NOT NULL DEFAULT 0              -- 1: another one waits for it
                CHECK (followed IN (0, 1)),
    tries       INTEGER NOT NULL DEFAULT 0,
    lease_until INTEGER NOT NULL DEFAULT 0,             -- until when a process has it; two may share the file
    done_at     INTEGER,
    failed_at   INTEGER,                                -- given up after a day
    UNIQUE (person, key)                                -- in this order, since what is new is about few people
) /*pg: WITH (fillfactor = 50)*/ STRICT;

CREATE INDEX actions_due ON actions (livemode, kind, due_at /*pg: , id*/) WHERE due_at IS NOT NULL AND done_at IS NULL AND failed_at IS NULL;
CREATE INDEX actions_done ON actions (livemode, done_at) WHERE done_at IS NOT NULL; -- for their end
CREATE INDEX actions_given_up ON actions (livemode, kind, id) WHERE failed_at IS NOT NULL;
CREATE INDEX actions_in_order ON actions (livemode, user_id, kind, id) WHERE done_at IS NULL AND failed_at IS NULL;

-- One row is work that one process does for all, or a list, and how far it got: what ended halfway begins there again.
CREATE TABLE turns (
    name     TEXT    NOT NULL,
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    holder   TEXT    NOT NULL DEFAULT '',               -- which process has the turn: where it listens, and a random text
    until    INTEGER NOT NULL DEFAULT 0,                -- 0: it was given back
    reached  INTEGER NOT NULL DEFAULT 0,                -- of Stripe's events, of its sessions: the time of the newest in the last whole list
    PRIMARY KEY (name, livemode)
) STRICT, WITHOUT ROWID;

-- What must follow an outcome, whichever way the news came: written with the outcome
-- in one transaction, done after it by a worker, at least once.
CREATE TABLE actions (
    id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    key         TEXT    NOT NULL UNIQUE,                -- the same on every repeat of the news
    livemode    INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    kind        TEXT    NOT NULL,                       -- who does it: 'cancel' or 'team'
    outcome     TEXT    NOT NULL,                       -- verified, failed, exhausted, connected, disconnected
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

-- When to look at Stripe for a session of which nothing was heard; NULL: no more.
ALTER TABLE verifications ADD COLUMN check_at INTEGER;
ALTER TABLE verifications ADD COLUMN checks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE verifications ADD COLUMN opened_at INTEGER NOT NULL DEFAULT 0; -- the last click that led to Stripe, by our clock
UPDATE verifications SET check_at = updated_at + 600 WHERE status IN ('requires_input', 'processing');

CREATE INDEX verifications_to_check ON verifications (livemode, check_at)
    WHERE status IN ('requires_input', 'processing') AND session_id IS NOT NULL;
CREATE INDEX events_by_object ON events (livemode, object_id, created_at);

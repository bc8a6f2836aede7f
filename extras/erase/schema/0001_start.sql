-- One row is a verification whose session Stripe is to redact. It stays a while after
-- Stripe has done so, which verifications.redacted_at says.
CREATE TABLE redactions (
    verification_id TEXT    NOT NULL PRIMARY KEY,
    livemode        INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    due_at          INTEGER NOT NULL,                   -- when to ask Stripe (again)
    tries           INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX redactions_due ON redactions (livemode, due_at);

-- One row is a user whose id will be replaced by a random one, once Stripe has redacted
-- every session. The row goes with it.
CREATE TABLE forgetting (
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    user_id  TEXT    NOT NULL,
    PRIMARY KEY (livemode, user_id)
) STRICT;

-- For what comes of age. No news changes a place in it, but that of the redaction.
CREATE INDEX verifications_to_retire ON verifications (livemode, created_at) WHERE redacted_at IS NULL;
-- For reviewers who are users, too.
CREATE INDEX decisions_by_reviewer ON decisions (livemode, reviewer);

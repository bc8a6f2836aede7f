-- One row is a verification whose session Stripe is to redact. It stays a while after
-- Stripe has done so, which verifications.redacted_at says.
CREATE TABLE redactions (
    verification_id TEXT    NOT NULL PRIMARY KEY,
    livemode        INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    due_at          INTEGER NOT NULL,                   -- when to ask Stripe (again)
    tries           INTEGER NOT NULL DEFAULT 0,
    by_age          INTEGER NOT NULL DEFAULT 0          -- 1: nobody has asked for it but RETENTION_DAYS, and Stripe was not asked so far
                    CHECK (by_age IN (0, 1)),
    refused         INTEGER NOT NULL DEFAULT 0          -- 1: Stripe refuses for good; 2: and somebody has settled that by hand
                    CHECK (refused IN (0, 1, 2))
) STRICT;

CREATE INDEX redactions_due ON redactions (livemode, due_at) WHERE refused = 0;
CREATE INDEX redactions_refused ON redactions (livemode) WHERE refused = 1;

-- One row is a user whose id will be replaced by a random one, once Stripe has redacted
-- every session and no account is connected. The row goes with it.
CREATE TABLE forgetting (
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    user_id  TEXT    NOT NULL,
    due_at   INTEGER,                                   -- when to end the user's connections at Stripe (again); NULL: there are none
    tries    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (livemode, user_id)
) STRICT;

CREATE INDEX forgetting_due ON forgetting (livemode, due_at) WHERE due_at IS NOT NULL;

-- For what comes of age. No news changes a place in it, but that of the redaction.
CREATE INDEX verifications_to_retire ON verifications (livemode, created_at) WHERE redacted_at IS NULL;
-- For reviewers who are users, too.
CREATE INDEX decisions_by_reviewer ON decisions (livemode, reviewer);

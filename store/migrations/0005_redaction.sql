-- When to ask Stripe (again) to redact a session; NULL: nobody wants it, or it is done.
ALTER TABLE verifications ADD COLUMN redact_at INTEGER;
ALTER TABLE verifications ADD COLUMN redact_tries INTEGER NOT NULL DEFAULT 0;

CREATE INDEX verifications_to_redact ON verifications (livemode, redact_at)
    WHERE redact_at IS NOT NULL AND redacted_at IS NULL;
CREATE INDEX verifications_to_retire ON verifications (livemode, created_at)
    WHERE redact_at IS NULL AND redacted_at IS NULL AND session_id IS NOT NULL AND status <> 'processing';

-- One row is a user whose id will be replaced by a random one, once Stripe has redacted
-- every session. The row goes with it.
CREATE TABLE forgetting (
    livemode INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    user_id  TEXT    NOT NULL,
    PRIMARY KEY (livemode, user_id)
) STRICT;

-- All that was done for a user.
CREATE INDEX actions_by_user ON actions (livemode, user_id, kind, done_at);

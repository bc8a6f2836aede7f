-- What mail remembers: neither an address nor a word of what was sent.

-- One row is one mail that the server took, so that nobody gets too many. It
-- goes after a day, with later mails.
CREATE TABLE mails (
    action_key TEXT    NOT NULL PRIMARY KEY,            -- of the action that sent it, once or again
    livemode   INTEGER NOT NULL CHECK (livemode IN (0, 1)),
    user_id    TEXT    NOT NULL,
    sent_at    INTEGER NOT NULL                         -- our time
) STRICT;

CREATE INDEX mails_by_user ON mails (livemode, user_id, sent_at);
CREATE INDEX mails_by_time ON mails (livemode, sent_at);

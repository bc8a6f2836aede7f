-- With TOKEN_KEY, the refresh token of a connection, sealed: without the key, and as
-- another account's, it is noise. NULL when none is kept, and after a disconnect.
ALTER TABLE accounts ADD COLUMN sealed_token BLOB;

CREATE INDEX accounts_with_token ON accounts (livemode) WHERE sealed_token IS NOT NULL;

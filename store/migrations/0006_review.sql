-- Whether what a verified session found out is what the team expects of the user.
ALTER TABLE verifications ADD COLUMN comparison TEXT NOT NULL DEFAULT ''   -- '': nobody compares
    CHECK (comparison IN ('', 'waiting', 'ok', 'differs'));
ALTER TABLE verifications ADD COLUMN comparison_note TEXT NOT NULL DEFAULT ''; -- the team's words, without personal data
ALTER TABLE verifications ADD COLUMN needs_review INTEGER NOT NULL DEFAULT 0   -- 1 until a reviewer has decided
    CHECK (needs_review IN (0, 1));

-- As before, but a verified session that differs, or has not been compared yet, verifies nobody.
-- The plus signs keep SQLite from an index that has every verified session, or every one to
-- be reviewed: it guesses that these are as few as a user's.
DROP VIEW users;
CREATE VIEW users AS
SELECT u.user_id, u.livemode,
       coalesce(
           (SELECT d.decision = 'approve' FROM decisions d
             WHERE d.livemode = u.livemode AND d.user_id = u.user_id AND d.decision IN ('approve', 'reject')
             ORDER BY d.id DESC LIMIT 1),
           EXISTS (SELECT 1 FROM verifications v
             WHERE v.livemode = u.livemode AND v.user_id = u.user_id AND +v.status = 'verified'
               AND v.comparison IN ('', 'ok'))) AS verified,
       (SELECT count(*) FROM attempts a
         WHERE a.livemode = u.livemode AND a.user_id = u.user_id) AS attempts,
       (SELECT count(*) FROM decisions d
         WHERE d.livemode = u.livemode AND d.user_id = u.user_id AND d.decision = 'one_more') AS extra_attempts,
       EXISTS (SELECT 1 FROM verifications v
         WHERE v.livemode = u.livemode AND v.user_id = u.user_id AND +v.needs_review = 1) AS needs_review
  FROM (SELECT DISTINCT livemode, user_id FROM verifications) u;

-- For the reviewers' list: an index for each filter, in the list's order; and for its charts.
CREATE INDEX verifications_by_age ON verifications (livemode, created_at, id);
CREATE INDEX verifications_by_status ON verifications (livemode, status, created_at, id);
CREATE INDEX verifications_to_review ON verifications (livemode, created_at, id) WHERE needs_review = 1;
DROP INDEX attempts_by_time; -- the next one is longer
CREATE INDEX attempts_reasons ON attempts (livemode, created_at, code);

CREATE INDEX decisions_by_reviewer ON decisions (livemode, reviewer);

-- What was decided stays as it was. Only the words can be blanked, and the user forgotten.
CREATE TRIGGER decisions_stay BEFORE DELETE ON decisions
BEGIN SELECT raise(ABORT, 'decisions are append-only'); END;
CREATE TRIGGER decisions_do_not_change BEFORE UPDATE OF id, livemode, session_id, decision, stripe_status, created_at ON decisions
BEGIN SELECT raise(ABORT, 'decisions are append-only'); END;

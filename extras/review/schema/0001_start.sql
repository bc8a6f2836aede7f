-- For the reviewers' list: an index for each filter, in the list's order.
CREATE INDEX verifications_by_age ON verifications (livemode, created_at, id);
CREATE INDEX verifications_by_status ON verifications (livemode, status, created_at, id);
CREATE INDEX verifications_to_review ON verifications (livemode, created_at, id) WHERE needs_review = 1;

-- For the reviewers' list: an index for each filter, in the list's order. Each verdict moves a place in the second: with
-- the inner numbers, and not the random id, the places of one time are beside each other.
CREATE INDEX verifications_by_age ON verifications (livemode, created_at, person, number);
CREATE INDEX verifications_by_status ON verifications (livemode, status, created_at, person, number);
CREATE INDEX verifications_to_review ON verifications (livemode, created_at, person, number) WHERE needs_review = 1;

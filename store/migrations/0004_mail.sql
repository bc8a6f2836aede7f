-- The language of the person who gave an address; '' while nobody did. The address
-- itself is kept by Stripe alone.
ALTER TABLE verifications ADD COLUMN lang TEXT NOT NULL DEFAULT '';

ALTER TABLE actions ADD COLUMN sent_at INTEGER; -- when the server took the mail

-- What recovery needs to know: which replica an attempt is and where it was placed, and since when a site is lost.

ALTER TABLE attempts ADD COLUMN replica BIGINT NOT NULL DEFAULT 0;
ALTER TABLE attempts ADD COLUMN placement {text} NOT NULL DEFAULT '';
ALTER TABLE attempts ADD COLUMN saved DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE site_states ADD COLUMN lost_at BIGINT;
ALTER TABLE site_states ADD COLUMN drill {text} NOT NULL DEFAULT '';

-- Each channel is tested once a month, unless its contact or office does without; and since when nobody answers its tests.
ALTER TABLE contact ADD COLUMN is_tested_monthly boolean NOT NULL DEFAULT true;
ALTER TABLE office ADD COLUMN is_tested_monthly boolean NOT NULL DEFAULT true;
ALTER TABLE contact_channel ADD COLUMN unanswered_since timestamptz;
UPDATE contact_channel SET unanswered_since = tested_at WHERE tested_at > coalesce(proven_at, '-infinity');
ALTER TABLE evening_check ADD COLUMN unproven integer NOT NULL DEFAULT 0;

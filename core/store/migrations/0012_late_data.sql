-- How far back the times of data reach that came late, and until when such came: calls for help among them are looked for as far back,
-- and no further. At first as far as a time can be believed at all, so that nothing that came before is missed.
ALTER TABLE evaluation ADD COLUMN late_from timestamptz, ADD COLUMN late_until timestamptz;

UPDATE evaluation
SET late_from = evaluated_through - interval '401 days', late_until = evaluated_through + interval '1 day'
WHERE resident_id IS NOT NULL;

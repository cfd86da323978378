-- The turns of an emergency that nobody answers are counted on, one every 20 minutes: after 455 days they were too many for the column.
ALTER TABLE escalation_step ALTER COLUMN step TYPE integer;

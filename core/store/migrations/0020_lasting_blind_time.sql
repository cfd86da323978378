-- What is out of contact now is asked for every few seconds by monitors, and is very little of all blind time.
CREATE INDEX blind_time_lasting ON blind_time (subject_kind, subject_number) WHERE ended_at IS NULL;

-- What is active is asked for with each judging: by whom it is about, and by what.
CREATE INDEX alert_active_resident ON alert (resident_id) WHERE condition = 'active';
CREATE INDEX alert_active_subject ON alert (subject) WHERE condition = 'active';

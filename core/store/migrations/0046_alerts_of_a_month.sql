-- The figures of a month ask for its alerts, not for all there ever were.
CREATE INDEX alert_opened ON alert (opened_at);

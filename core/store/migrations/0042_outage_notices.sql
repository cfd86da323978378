-- Whether the outage is over that families were notified of is looked at every few seconds, and is very little of all messages.
CREATE INDEX notice_outage ON notice (created_at) WHERE kind = 'outage';

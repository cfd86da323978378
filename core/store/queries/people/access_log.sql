-- Who looked at what.

-- name: record
-- Keep a look at a person's data, and until when it stays open if it is a reveal.
INSERT INTO access_log (at, user_id, by_contact_id, resident_id, what, reason, until)
VALUES (%(now)s, %(user)s, %(contact)s, %(resident)s, %(what)s, %(reason)s, %(until)s);

-- name: open_reveal
-- The reveal of a resident's place that a user has open now.
SELECT reason, until
FROM access_log
WHERE resident_id = %(resident)s AND user_id = %(user)s AND what = %(what)s AND at <= %(now)s AND until > %(now)s
ORDER BY until DESC
LIMIT 1;

-- name: access_records
-- Who ever looked at a resident's data, repeated looks within half an hour as one, newest first.
SELECT
    min(v.at) AS first_at, max(v.at) AS last_at, max(v.until) AS until, coalesce(u.user_id, 0) AS user,
    coalesce(u.name, c.name, '') AS user_name, u.role, v.by_contact_id IS NOT NULL AS is_by_link,
    v.what, v.reason, count(*) AS times
FROM access_log AS v
LEFT JOIN user_account AS u USING (user_id)
LEFT JOIN contact AS c ON c.contact_id = v.by_contact_id
WHERE v.resident_id = %(resident)s
GROUP BY time_bucket(interval '30 minutes', v.at), u.user_id, v.by_contact_id, c.name, v.what, v.reason
ORDER BY max(v.at) DESC, u.user_id, v.by_contact_id, v.what, v.reason
LIMIT %(limit)s OFFSET %(skip)s;

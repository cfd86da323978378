-- Time in which something was out of contact.

-- name: of_subjects
-- When homes, devices or the whole ward were out of contact in a span.
SELECT subject, began_at, ended_at, coalesce(known_at, began_at), cause
FROM blind_time
WHERE subject = ANY(%(subjects)s) AND began_at < %(until)s AND coalesce(ended_at, 'infinity') > %(since)s
ORDER BY began_at;

-- name: of_homes
-- When homes, or the neighbourhoods that they are in, were out of contact in a span.
SELECT home.home_id, b.subject, b.began_at, b.ended_at, coalesce(b.known_at, b.began_at), b.cause
FROM home
JOIN blind_time AS b ON b.subject IN ('home:' || home.home_id, 'area:' || home.area)
WHERE home.home_id = ANY(%(homes)s) AND b.began_at < %(until)s AND coalesce(b.ended_at, 'infinity') > %(since)s
ORDER BY b.began_at;

-- name: of_resident
-- When a resident's home, or the whole ward, was out of contact in a span.
SELECT b.subject, b.began_at, b.ended_at, coalesce(b.known_at, b.began_at), b.cause
FROM blind_time AS b
JOIN resident AS p ON p.resident_id = %(resident)s
WHERE b.subject IN ('ward', 'home:' || p.home_id)
    AND b.began_at < %(until)s AND coalesce(b.ended_at, 'infinity') > %(since)s
ORDER BY b.began_at;

-- name: put
-- Record blind time, or its end.
INSERT INTO blind_time (subject, began_at, ended_at, known_at, cause)
VALUES (%(subject)s, %(began_at)s, %(ended_at)s, %(known_at)s, %(cause)s)
ON CONFLICT (subject, cause, began_at) DO UPDATE SET ended_at = excluded.ended_at, known_at = excluded.known_at
WHERE blind_time.ended_at IS DISTINCT FROM excluded.ended_at;

-- name: end_lasting
-- End what is on record as lasting but is not so any more.
UPDATE blind_time SET ended_at = greatest(began_at, %(ended_at)s)
WHERE subject = %(subject)s AND ended_at IS NULL AND cause = ANY(%(causes)s) AND NOT began_at = ANY(%(but)s);

-- name: begin
-- Note that something is out of contact from now on.
INSERT INTO blind_time (subject, began_at, cause, known_at) VALUES (%(subject)s, %(began_at)s, %(cause)s, %(now)s)
ON CONFLICT DO NOTHING;

-- name: end
-- Note that it is in contact again.
UPDATE blind_time SET ended_at = %(ended_at)s
WHERE subject = %(subject)s AND cause = %(cause)s AND ended_at IS NULL;

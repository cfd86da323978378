-- Time in which something was out of contact.

-- name: of_subjects
-- When homes, devices or the whole ward were out of contact in a span.
SELECT
    blind.subject_kind, blind.subject_number, blind.area, blind.began_at, blind.ended_at,
    coalesce(blind.known_at, blind.began_at) AS known_at, blind.cause
FROM unnest(%(subject_kinds)s::text[], %(subject_numbers)s::integer[], %(areas)s::text[])
    AS asked (subject_kind, subject_number, area)
JOIN blind_time AS blind ON blind.subject_kind = asked.subject_kind AND blind.subject_number = asked.subject_number
    AND blind.area IS NOT DISTINCT FROM asked.area
WHERE blind.began_at < %(until)s AND coalesce(blind.ended_at, 'infinity') > %(since)s
ORDER BY blind.began_at;

-- name: of_homes
-- When homes, the neighbourhoods that they are in, or their entrance doors were out of contact in a span.
SELECT
    home.home_id AS home, blind.subject_kind, blind.subject_number, blind.area, blind.began_at, blind.ended_at,
    coalesce(blind.known_at, blind.began_at) AS known_at, blind.cause
FROM home
JOIN blind_time AS blind ON (blind.subject_kind = 'home' AND blind.subject_number = home.home_id)
    OR (blind.subject_kind = 'area' AND blind.subject_number = 0 AND blind.area = home.area)
WHERE home.home_id = ANY(%(homes)s)
    AND blind.began_at < %(until)s AND coalesce(blind.ended_at, 'infinity') > %(since)s
UNION ALL
SELECT
    here.home_id, blind.subject_kind, blind.subject_number, blind.area, blind.began_at, blind.ended_at,
    coalesce(blind.known_at, blind.began_at), blind.cause
FROM device_assignment AS here
JOIN device ON device.device_number = here.device_number AND device.kind = 'door'
JOIN blind_time AS blind ON blind.subject_kind = 'device' AND blind.subject_number = here.device_number
WHERE here.home_id = ANY(%(homes)s) AND upper_inf(here.during)
    AND blind.began_at < %(until)s AND coalesce(blind.ended_at, 'infinity') > %(since)s
ORDER BY began_at;

-- name: of_resident
-- When a resident's home, or the whole ward, was out of contact in a span.
SELECT
    blind.subject_kind, blind.subject_number, blind.area, blind.began_at, blind.ended_at,
    coalesce(blind.known_at, blind.began_at) AS known_at, blind.cause
FROM resident
JOIN blind_time AS blind ON (blind.subject_kind = 'home' AND blind.subject_number = resident.home_id)
    OR (blind.subject_kind = 'ward' AND blind.subject_number = 0)
WHERE resident.resident_id = %(resident)s
    AND blind.began_at < %(until)s AND coalesce(blind.ended_at, 'infinity') > %(since)s
ORDER BY blind.began_at;

-- name: put
-- Record blind time, or its end.
INSERT INTO blind_time (subject_kind, home_id, device_number, area, began_at, ended_at, known_at, cause)
VALUES (
    %(subject_kind)s, %(home_id)s, %(device_number)s, %(area)s, %(began_at)s, %(ended_at)s, %(known_at)s, %(cause)s
)
ON CONFLICT (subject_kind, subject_number, area, cause, began_at) DO UPDATE
SET ended_at = excluded.ended_at, known_at = excluded.known_at
WHERE blind_time.ended_at IS DISTINCT FROM excluded.ended_at;

-- name: end_lasting
-- End what is on record as lasting but is not so any more.
UPDATE blind_time SET ended_at = greatest(began_at, %(ended_at)s)
WHERE subject_kind = %(subject_kind)s AND subject_number = %(subject_number)s AND area IS NOT DISTINCT FROM %(area)s
    AND ended_at IS NULL AND cause = ANY(%(causes)s) AND NOT began_at = ANY(%(but)s);

-- name: begin
-- Note that something is out of contact from now on.
INSERT INTO blind_time (subject_kind, home_id, device_number, area, began_at, cause, known_at)
VALUES (%(subject_kind)s, %(home_id)s, %(device_number)s, %(area)s, %(began_at)s, %(cause)s, %(now)s)
ON CONFLICT DO NOTHING;

-- name: end
-- Note that it is in contact again.
UPDATE blind_time SET ended_at = %(ended_at)s
WHERE subject_kind = %(subject_kind)s AND subject_number = %(subject_number)s AND area IS NOT DISTINCT FROM %(area)s
    AND cause = %(cause)s AND ended_at IS NULL;

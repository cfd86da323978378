-- Planned absences.

-- name: absences
-- The absences of residents that were not taken back before a moment and end after another, in the order of their beginning.
SELECT
    a.absence_id AS number, a.resident_id AS resident, a.kind, a.began_at, a.ended_at, a.hours, a.note, a.created_at,
    u.name AS created_by, a.cancelled_at, a.created_by_user, a.needs_second, a.confirmed_at, coalesce(second.name, answered.name) AS confirmed_by,
    a.asked_at, a.still_at, a.still_by_user, a.still_by_contact, a.alone_since
FROM absence AS a
LEFT JOIN user_account AS u ON u.user_id = a.created_by_user
LEFT JOIN user_account AS second ON second.user_id = a.confirmed_by_user
LEFT JOIN contact AS answered ON answered.contact_id = a.confirmed_by_contact
WHERE a.resident_id = ANY(%(residents)s) AND coalesce(a.ended_at, 'infinity') > %(since)s AND a.began_at < %(until)s
    AND (a.cancelled_at IS NULL OR a.cancelled_at > greatest(a.began_at, %(since)s))
ORDER BY a.began_at, a.absence_id;

-- name: absence
-- One absence.
SELECT
    a.absence_id AS number, a.resident_id AS resident, a.kind, a.began_at, a.ended_at, a.hours, a.note, a.created_at,
    u.name AS created_by, a.cancelled_at, a.created_by_user, a.needs_second, a.confirmed_at, coalesce(second.name, answered.name) AS confirmed_by,
    a.asked_at, a.still_at, a.still_by_user, a.still_by_contact, a.alone_since
FROM absence AS a
LEFT JOIN user_account AS u ON u.user_id = a.created_by_user
LEFT JOIN user_account AS second ON second.user_id = a.confirmed_by_user
LEFT JOIN contact AS answered ON answered.contact_id = a.confirmed_by_contact
WHERE a.absence_id = %(absence)s AND (%(also_ended)s OR a.cancelled_at IS NULL);

-- name: add
-- Plan an absence.
INSERT INTO absence (resident_id, kind, began_at, ended_at, hours, note, created_at, created_by_user, needs_second)
VALUES (%(resident)s, %(kind)s, %(began_at)s, %(ended_at)s, %(hours)s, %(note)s, %(now)s, %(user)s, %(needs_second)s)
RETURNING absence_id;

-- name: end
-- End an absence early, or take it back before it begins.
UPDATE absence SET cancelled_at = %(now)s
WHERE absence_id = %(absence)s AND cancelled_at IS NULL
RETURNING resident_id;

-- name: confirm
-- Let an absence hold: somebody else confirms it.
UPDATE absence SET began_at = %(began_at)s, confirmed_at = %(now)s, confirmed_by_user = %(user)s, confirmed_by_contact = %(contact)s
WHERE absence_id = %(absence)s AND needs_second AND confirmed_at IS NULL AND cancelled_at IS NULL
RETURNING resident_id;

-- name: end_waiting
-- Take back what waits for a second person: the watch over the resident has ended.
UPDATE absence SET cancelled_at = %(now)s
WHERE resident_id = %(resident)s AND needs_second AND confirmed_at IS NULL AND cancelled_at IS NULL;

-- name: take_expired
-- Take absences that wait for a second person and that nobody confirmed in time; of each, whoever planned it is notified once. What
-- expired long ago, and what is of somebody who is watched no more, concerns nobody.
UPDATE absence SET expiry_notified_at = %(now)s
WHERE absence_id IN (
    SELECT a.absence_id
    FROM absence AS a
    JOIN resident USING (resident_id)
    WHERE
        a.needs_second AND a.confirmed_at IS NULL AND a.cancelled_at IS NULL AND a.expiry_notified_at IS NULL
        AND least(a.created_at + %(within)s, a.ended_at) <= %(now)s
        AND least(a.created_at + %(within)s, a.ended_at) > %(now)s - %(within)s::interval
        AND resident.ended_at IS NULL
    ORDER BY a.absence_id
    FOR UPDATE OF a SKIP LOCKED
)
RETURNING absence_id;

-- name: due_questions
-- Lock the stays without an end about which nobody was asked, and nobody said anything, for a while; and those of which for long only one
-- person has said that they go on.
SELECT a.absence_id AS number, home.time_zone AS zone
FROM absence AS a
JOIN resident USING (resident_id)
JOIN home USING (home_id)
WHERE
    a.hours IS NULL AND a.ended_at IS NULL AND a.cancelled_at IS NULL AND NOT (a.needs_second AND a.confirmed_at IS NULL)
    AND resident.ended_at IS NULL
    AND (
        greatest(a.began_at, a.confirmed_at, a.asked_at, a.still_at) <= %(now)s - %(every)s::interval
        OR (a.alone_since <= %(now)s - %(longest_alone)s::interval AND coalesce(a.asked_at, '-infinity') <= %(now)s - %(every)s::interval)
    )
ORDER BY a.absence_id
FOR UPDATE OF a SKIP LOCKED;

-- name: note_question
-- Somebody is asked whether a stay goes on.
UPDATE absence SET asked_at = %(now)s WHERE absence_id = %(absence)s;

-- name: still
-- Somebody says that a stay without an end goes on; whoever says it again stays alone with that.
UPDATE absence
SET
    still_at = %(now)s, still_by_user = %(user)s, still_by_contact = %(contact)s,
    alone_since = CASE
        WHEN (still_by_user, still_by_contact) IS NOT DISTINCT FROM (%(user)s::integer, %(contact)s::integer)
            THEN coalesce(alone_since, %(now)s)
        ELSE %(now)s
    END
WHERE absence_id = %(absence)s AND hours IS NULL AND ended_at IS NULL AND cancelled_at IS NULL
RETURNING resident_id;

-- name: show_pause
-- Show on the resident the absence that holds now or comes next.
UPDATE resident SET paused_from = %(paused_from)s, paused_until = %(paused_until)s
WHERE resident_id = %(resident)s
    AND (paused_from, paused_until) IS DISTINCT FROM (%(paused_from)s::timestamptz, %(paused_until)s::timestamptz);

-- name: zone
-- The zone of a resident's home.
SELECT home.time_zone FROM resident JOIN home USING (home_id) WHERE resident_id = %(resident)s;

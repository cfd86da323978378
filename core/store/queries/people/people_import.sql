-- The import of residents with their contacts: what is there, and what is added at once.

-- name: lock
-- Let one import at a time run.
SELECT pg_advisory_xact_lock(hashtextextended('people_import', 0));

-- name: homes
-- All homes, and whether a scope of staff may put somebody there.
SELECT
    h.home_id AS number, h.version, h.name, h.area,
    %(everything)s OR NOT EXISTS (
        SELECT FROM resident AS r
        WHERE r.home_id = h.home_id AND r.ended_at IS NULL AND r.office_id IS DISTINCT FROM %(office)s
    ) AS is_open
FROM home AS h
ORDER BY h.home_id;

-- name: residents
-- The residents of a scope.
SELECT
    r.resident_id AS number, r.version, r.home_id AS home, r.name, r.kana, r.born_on, r.phone, r.office_id AS office,
    r.ended_at IS NOT NULL AS has_ended
FROM resident AS r
WHERE %(everything)s OR r.office_id = %(office)s;

-- name: contacts
-- The contacts of the residents of a scope.
SELECT
    c.contact_id AS number, c.version, c.resident_id AS resident, c.name, c.relation, c.step, c.is_active
FROM contact AS c
JOIN resident AS r ON r.resident_id = c.resident_id
WHERE %(everything)s OR r.office_id = %(office)s
ORDER BY c.contact_id;

-- name: channels
-- Their channels that a table can hold.
SELECT ch.contact_channel_id AS number, ch.contact_id AS contact, ch.kind, ch.address
FROM contact_channel AS ch
JOIN contact AS c ON c.contact_id = ch.contact_id
JOIN resident AS r ON r.resident_id = c.resident_id
WHERE (%(everything)s OR r.office_id = %(office)s) AND ch.kind IN ('mail', 'sms', 'voice')
ORDER BY ch.contact_id, ch.place;

-- name: add_homes
-- Register homes.
INSERT INTO home (name, area, time_zone)
SELECT name, area, %(time_zone)s FROM unnest(%(names)s::text[], %(areas)s::text[]) AS given (name, area)
RETURNING home_id, name;

-- name: add_residents
-- Register residents.
INSERT INTO resident (home_id, office_id, name, kana, born_on, phone, watched_from)
SELECT home, office, name, kana, born_on, phone, %(now)s
FROM unnest(
    %(homes)s::integer[], %(offices)s::integer[], %(names)s::text[], %(kanas)s::text[], %(born)s::date[],
    %(phones)s::text[]
) AS given (home, office, name, kana, born_on, phone)
RETURNING resident_id, home_id, name;

-- name: add_contacts
-- Register contacts.
INSERT INTO contact (resident_id, name, relation, step, quiet_from, quiet_until)
SELECT resident, name, relation, step, %(quiet_from)s, %(quiet_until)s
FROM unnest(%(residents)s::integer[], %(names)s::text[], %(relations)s::text[], %(steps)s::smallint[])
    AS given (resident, name, relation, step)
RETURNING contact_id, resident_id, name;

-- name: add_channels
-- Register channels of contacts that have none yet.
INSERT INTO contact_channel (contact_id, place, kind, address)
SELECT contact, place, kind, address
FROM unnest(%(contacts)s::integer[], %(places)s::smallint[], %(kinds)s::text[], %(addresses)s::text[])
    AS given (contact, place, kind, address);

-- name: correct_channel
-- Put another address in the place of a wrong one; nobody has confirmed it yet, and links that were sent to the other prove nothing of it.
WITH corrected AS (
    UPDATE contact_channel
    SET
        kind = %(kind)s, address = %(address)s, confirmed_at = NULL, unreachable_since = NULL, unreachable_reason = NULL,
        tested_at = NULL, proven_at = NULL, unanswered_since = NULL
    WHERE contact_channel_id = %(channel)s
    RETURNING contact_channel_id
)
DELETE FROM contact_link WHERE contact_channel_id = (SELECT contact_channel_id FROM corrected);

-- name: note
-- Write down what was added.
INSERT INTO watch_change (resident_id, home_id, contact_id, at, user_id, what, after)
SELECT resident, home, contact, %(now)s, %(user)s, what, after
FROM unnest(
    %(residents)s::integer[], %(homes)s::integer[], %(contacts)s::integer[], %(whats)s::text[], %(afters)s::jsonb[]
) AS given (resident, home, contact, what, after);

-- name: keep_draft
-- Keep a table until it is applied.
INSERT INTO people_import (user_id, made_at, body, fingerprint)
VALUES (%(user)s, %(now)s, %(body)s, %(fingerprint)s)
RETURNING people_import_id;

-- name: draft
-- A table that somebody gave.
SELECT body, fingerprint FROM people_import WHERE people_import_id = %(number)s AND user_id = %(user)s AND made_at > %(since)s;

-- name: forget_drafts
-- Forget tables that were applied or given long ago.
DELETE FROM people_import WHERE people_import_id = %(number)s OR made_at <= %(since)s;

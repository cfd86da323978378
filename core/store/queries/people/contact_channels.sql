-- The channels of contacts: how each is reached, in which order, and what is known of each address.

-- name: of_contact
-- The channels of one contact, in the order in which they are tried.
SELECT
    contact_channel_id AS number, contact_id AS contact, place, kind, address, sealed, language, confirmed_at,
    unreachable_since, unreachable_reason, tested_at, proven_at
FROM contact_channel
WHERE contact_id = %(contact)s
ORDER BY place;

-- name: of_contacts
-- The channels of several contacts, in the order in which they are tried.
SELECT
    contact_channel_id AS number, contact_id AS contact, place, kind, address, sealed, language, confirmed_at,
    unreachable_since, unreachable_reason, tested_at, proven_at
FROM contact_channel
WHERE contact_id = ANY(%(contacts)s)
ORDER BY contact_id, place;

-- name: one
-- One channel.
SELECT
    contact_channel_id AS number, contact_id AS contact, place, kind, address, sealed, language, confirmed_at,
    unreachable_since, unreachable_reason, tested_at, proven_at
FROM contact_channel
WHERE contact_channel_id = %(channel)s;

-- name: is_centres
-- Whether a contact is a care centre's.
SELECT resident_id IS NULL FROM contact WHERE contact_id = %(contact)s;

-- name: hold_contact
-- Let one change of a contact's channels at a time run.
SELECT contact_id FROM contact WHERE contact_id = %(contact)s FOR UPDATE;

-- name: add
-- Add a channel after those that the contact has.
INSERT INTO contact_channel (contact_id, place, kind, address, language, confirmed_at)
SELECT
    %(contact)s, coalesce(max(place), 0) + 1, %(kind)s, %(address)s, %(language)s, %(confirmed_at)s
FROM contact_channel
WHERE contact_id = %(contact)s
RETURNING contact_channel_id;

-- name: seal
-- Store an address encrypted; what may be shown of it stays.
UPDATE contact_channel SET sealed = %(sealed)s, address = %(shown)s WHERE contact_channel_id = %(channel)s;

-- name: sealable
-- Channels whose address is, or should be, encrypted.
SELECT
    contact_channel_id AS number, contact_id AS contact, place, kind, address, sealed, language, confirmed_at,
    unreachable_since, unreachable_reason, tested_at, proven_at
FROM contact_channel
WHERE kind = ANY(%(kinds)s)
ORDER BY contact_channel_id
FOR UPDATE;

-- name: shift
-- Close the gap that a removed channel leaves, or make room at the front.
UPDATE contact_channel SET place = place + %(by)s WHERE contact_id = %(contact)s AND place > %(after)s AND place <= %(until)s;

-- name: set_place
-- Move one channel to a place.
UPDATE contact_channel SET place = %(place)s WHERE contact_channel_id = %(channel)s;

-- name: remove
-- Forget a channel; what was delivered on it stays.
DELETE FROM contact_channel WHERE contact_channel_id = %(channel)s;

-- name: confirm
-- Note that somebody showed that messages arrive at the right person; that also ends what was known against it.
UPDATE contact_channel
SET confirmed_at = %(now)s, unreachable_since = NULL, unreachable_reason = NULL
WHERE contact_channel_id = %(channel)s;

-- name: set_unreachable
-- Note since when an address is known to be dead, and why; the first time counts, and gives whose it is and which office looks after them.
WITH before AS (
    SELECT unreachable_since FROM contact_channel WHERE contact_channel_id = %(channel)s FOR UPDATE
),
marked AS (
    UPDATE contact_channel
    SET unreachable_since = coalesce(unreachable_since, %(now)s), unreachable_reason = %(reason)s
    WHERE contact_channel_id = %(channel)s
    RETURNING contact_id, kind
)
SELECT contact.contact_id AS contact, marked.kind, coalesce(contact.office_id, resident.office_id) AS office
FROM marked
JOIN contact ON contact.contact_id = marked.contact_id AND contact.is_active
LEFT JOIN resident ON resident.resident_id = contact.resident_id
WHERE (SELECT unreachable_since FROM before) IS NULL AND resident.ended_at IS NULL;

-- name: dead_of_office
-- Channels that are known to be dead of contacts that an office looks after: its own, and those of its residents.
SELECT
    contact.contact_id AS contact, contact.name, contact.resident_id AS resident, resident.name AS resident_name,
    channel.kind, channel.unreachable_since AS since, channel.unreachable_reason AS reason,
    NOT EXISTS (
        SELECT FROM contact_channel AS other
        WHERE other.contact_id = contact.contact_id AND other.unreachable_since IS NULL AND other.confirmed_at IS NOT NULL
    ) AS is_last
FROM contact_channel AS channel
JOIN contact ON contact.contact_id = channel.contact_id AND contact.is_active
LEFT JOIN resident ON resident.resident_id = contact.resident_id
WHERE
    channel.unreachable_since IS NOT NULL AND resident.ended_at IS NULL
    AND coalesce(contact.office_id, resident.office_id) = %(office)s
ORDER BY channel.unreachable_since, channel.contact_channel_id
LIMIT %(limit)s;

-- name: set_reachable
-- Note that an address takes messages again.
UPDATE contact_channel
SET unreachable_since = NULL, unreachable_reason = NULL
WHERE contact_channel_id = %(channel)s AND unreachable_since IS NOT NULL;

-- name: note_test
-- A test of a channel is asked for; of several that nobody answers the first says since when.
UPDATE contact_channel
SET tested_at = %(now)s, unanswered_since = coalesce(unanswered_since, %(now)s)
WHERE contact_channel_id = %(channel)s;

-- name: note_answered
-- A contact answered a message: that tests went unanswered before says nothing any more.
UPDATE contact_channel SET unanswered_since = NULL WHERE contact_id = %(contact)s AND unanswered_since IS NOT NULL;

-- name: prove
-- Somebody pressed in a test that it arrived: it is alive, and confirmed unless it was before.
UPDATE contact_channel
SET
    proven_at = %(now)s, unanswered_since = NULL, confirmed_at = coalesce(confirmed_at, %(now)s), unreachable_since = NULL, unreachable_reason = NULL
WHERE contact_channel_id = %(channel)s;

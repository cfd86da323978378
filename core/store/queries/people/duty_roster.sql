-- The roster of an office.

-- name: people
-- Who of an office can be on its roster, whether messages can be sent to them, and whether somebody made sure that they arrive.
SELECT
    contact.contact_id AS number, contact.name, contact.is_duty_only,
    contact.is_active AND EXISTS (
        SELECT FROM contact_channel AS channel
        WHERE
            channel.contact_id = contact.contact_id
            AND channel.unreachable_since IS NULL
            AND (channel.confirmed_at IS NOT NULL OR NOT channel.kind = ANY(%(confirmed_only)s))
    ) AS is_able,
    EXISTS (
        SELECT FROM contact_channel AS channel
        WHERE
            channel.contact_id = contact.contact_id
            AND channel.unreachable_since IS NULL
            AND channel.confirmed_at IS NOT NULL
    ) AS is_sure
FROM contact
WHERE contact.office_id = %(office)s
ORDER BY NOT contact.is_duty_only, contact.step, contact.contact_id;

-- name: shifts
-- The shifts of an office that touch a time, in order.
SELECT duty_shift_id AS number, office_id AS office, began_at, ended_at, contact_id, substitute_id, is_substituted
FROM duty_shift
WHERE office_id = %(office)s AND ended_at > %(since)s AND began_at < %(until)s
ORDER BY began_at, duty_shift_id;

-- name: shift
-- One shift.
SELECT duty_shift_id AS number, office_id AS office, began_at, ended_at, contact_id, substitute_id, is_substituted
FROM duty_shift
WHERE duty_shift_id = %(shift)s;

-- name: add
-- Put somebody on the roster.
INSERT INTO duty_shift (office_id, began_at, ended_at, contact_id, substitute_id)
VALUES (%(office)s, %(began_at)s, %(ended_at)s, %(contact)s, %(substitute)s)
RETURNING duty_shift_id;

-- name: substitute
-- Let the substitute take a shift, or give it back.
UPDATE duty_shift SET is_substituted = %(is_substituted)s WHERE duty_shift_id = %(shift)s;

-- name: remove
-- Take a shift off the roster.
DELETE FROM duty_shift WHERE duty_shift_id = %(shift)s;

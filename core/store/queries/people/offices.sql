-- Offices, the desks above them, and what was changed of them.

-- name: all
-- All offices, those that look after people first.
SELECT office_id AS number, name, phone, role, next_office_id AS next_office, staffed
FROM office
ORDER BY role <> 'care', office_id;

-- name: one
-- One office.
SELECT office_id AS number, name, phone, role, next_office_id AS next_office, staffed
FROM office
WHERE office_id = %(office)s;

-- name: set_cover
-- Who stands in for an office, and when somebody sits there.
UPDATE office SET next_office_id = %(next_office)s, staffed = %(staffed)s WHERE office_id = %(office)s;

-- name: desks
-- The desks that a step of an office's policy can ask: whether anybody is registered there, and when somebody sits there.
SELECT
    CASE
        WHEN desk.office_id = own.office_id THEN 'office'
        WHEN desk.role <> 'care' THEN desk.role
        ELSE 'next_office'
    END AS asked,
    desk.name, desk.staffed,
    EXISTS (
        SELECT FROM contact
        WHERE contact.office_id = desk.office_id AND contact.is_active AND NOT contact.is_duty_only
    ) AS is_there
FROM office AS own
JOIN office AS desk
    ON desk.office_id = own.office_id OR desk.office_id = own.next_office_id OR desk.role <> 'care'
WHERE own.office_id = %(office)s;

-- name: without_desk_above
-- Offices that look after somebody, where an emergency that nobody answers goes no further: nobody is registered at any desk above.
SELECT office_id AS number, name, phone, role, next_office_id AS next_office, staffed
FROM office AS own
WHERE
    own.role = 'care'
    AND EXISTS (SELECT FROM resident WHERE resident.office_id = own.office_id AND resident.ended_at IS NULL)
    AND NOT EXISTS (
        SELECT
        FROM office AS desk
        JOIN contact ON contact.office_id = desk.office_id AND contact.is_active AND NOT contact.is_duty_only
        WHERE desk.office_id = own.next_office_id OR desk.role <> 'care'
    )
ORDER BY own.office_id;

-- name: record
-- Write down one change.
INSERT INTO office_change (office_id, at, user_id, what, before, after)
VALUES (%(office)s, %(now)s, %(user)s, %(what)s, %(before)s, %(after)s);

-- name: changes
-- The latest changes of an office, the newest first.
SELECT c.at, u.name AS who, c.what, c.before, c.after
FROM office_change AS c
JOIN user_account AS u USING (user_id)
WHERE c.office_id = %(office)s
ORDER BY c.office_change_id DESC
LIMIT %(limit)s;

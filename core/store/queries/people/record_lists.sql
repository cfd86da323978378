-- Homes, offices and contacts as lists show them.

-- name: homes
-- Homes with those who are watched there: all, or those of one office; by name.
SELECT
    h.home_id AS number, h.name, h.area, h.lat IS NOT NULL AS has_position, count(r.resident_id) AS residents,
    (SELECT count(*) FROM device_assignment AS a WHERE a.home_id = h.home_id AND upper_inf(a.during)) AS devices
FROM home AS h
LEFT JOIN resident AS r ON r.home_id = h.home_id AND r.ended_at IS NULL
WHERE
    %(everything)s
    OR (
        EXISTS (SELECT FROM resident AS own WHERE own.home_id = h.home_id AND own.office_id = %(office)s)
        AND NOT EXISTS (
            SELECT FROM resident AS other
            WHERE other.home_id = h.home_id AND other.ended_at IS NULL AND other.office_id <> %(office)s
        )
    )
GROUP BY h.home_id
ORDER BY h.name;

-- name: may_change_home
-- Whether a home is an office's: somebody of it lives or lived there, and nobody of another does.
SELECT
    EXISTS (SELECT FROM resident AS own WHERE own.home_id = %(home)s AND own.office_id = %(office)s)
    AND NOT EXISTS (
        SELECT FROM resident AS other
        WHERE other.home_id = %(home)s AND other.ended_at IS NULL AND other.office_id <> %(office)s
    );

-- name: home_names
-- All homes with their names, the oldest first.
SELECT name, home_id FROM home ORDER BY home_id;

-- name: names_at_home
-- Who is watched in a home.
SELECT name, resident_id FROM resident WHERE home_id = %(home)s AND ended_at IS NULL ORDER BY resident_id;

-- name: residents_by_name
-- The residents of a scope of staff.
SELECT r.resident_id AS number, r.name, r.kana, h.area, r.ended_at IS NOT NULL AS has_ended
FROM resident AS r
JOIN home AS h USING (home_id)
WHERE %(everything)s OR r.office_id = %(office)s
ORDER BY r.resident_id;

-- name: offices
-- All offices, with how many they look after and how many work there.
SELECT
    o.office_id AS number, o.name, o.phone, o.is_active, o.role = 'care' AS is_care,
    (SELECT count(*) FROM resident AS r WHERE r.office_id = o.office_id AND r.ended_at IS NULL) AS residents,
    (SELECT count(*) FROM user_account AS u WHERE u.office_id = o.office_id AND u.is_active) AS staff
FROM office AS o
ORDER BY o.name;

-- name: office_of_role
-- The ward's duty line, or the operator's emergency plan.
SELECT office_id FROM office WHERE role = %(role)s;

-- name: is_open_office
-- Whether residents and staff may belong to an office; it does not end meanwhile.
SELECT is_active AND role = 'care' FROM office WHERE office_id = %(office)s FOR SHARE;

-- name: lock_office
-- Let nobody be added to an office.
SELECT FROM office WHERE office_id = %(office)s FOR UPDATE;

-- name: relying_on
-- Whether all offices rely on one, which of them it stands in for, and how many of its alerts are not closed.
SELECT
    o.role <> 'care' AS is_above,
    array(
        SELECT other.name FROM office AS other
        WHERE other.next_office_id = o.office_id AND other.is_active
        ORDER BY other.office_id
    ) AS offices,
    (SELECT count(*) FROM alert WHERE alert.office_id = o.office_id AND alert.handling <> 'closed') AS alerts
FROM office AS o
WHERE o.office_id = %(office)s;

-- name: contacts
-- The contacts of a resident or of an office's centre, also those who are notified no more.
SELECT contact_id AS number, name, relation, step, is_active
FROM contact
WHERE
    (%(resident)s::integer IS NOT NULL AND resident_id = %(resident)s)
    OR (%(office)s::integer IS NOT NULL AND office_id = %(office)s)
ORDER BY is_active DESC, step, contact_id;

-- name: accounts_for_contact
-- Accounts that may belong to a contact of a resident, or of an office's centre.
SELECT u.user_id AS number, u.name
FROM user_account AS u
WHERE
    u.is_active
    AND (
        u.office_id = coalesce(%(office)s, (SELECT office_id FROM resident WHERE resident_id = %(resident)s))
        OR EXISTS (SELECT FROM family_link AS f WHERE f.user_id = u.user_id AND f.resident_id = %(resident)s)
    )
ORDER BY u.name, u.user_id;

-- name: family_of
-- The residents whom an account is linked to.
SELECT r.resident_id AS number, r.name, r.office_id AS office
FROM family_link AS f
JOIN resident AS r USING (resident_id)
WHERE f.user_id = %(user)s
ORDER BY r.kana, r.resident_id;

-- name: family_accounts
-- The family accounts of a resident.
SELECT u.user_id AS number, u.name, u.is_active
FROM family_link AS f
JOIN user_account AS u USING (user_id)
WHERE f.resident_id = %(resident)s
ORDER BY u.name, u.user_id;

-- name: unlink_family
-- Let a family user see a resident no more.
DELETE FROM family_link WHERE user_id = %(user)s AND NOT resident_id = ANY(%(residents)s);

-- name: link_family
-- Let a family user see residents.
INSERT INTO family_link (user_id, resident_id)
SELECT %(user)s, resident_id FROM resident WHERE resident_id = ANY(%(residents)s)
ON CONFLICT DO NOTHING;

-- name: close_centre
-- Notify the contacts of an office's centre no more.
UPDATE contact SET is_active = false, version = version + 1
WHERE office_id = %(office)s AND is_active
RETURNING contact_id;

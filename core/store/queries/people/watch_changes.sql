-- Changes of what is watched, and of the records of people, homes and offices.

-- name: record
-- Write down one change, and return its number.
INSERT INTO watch_change (
    resident_id, home_id, contact_id, office_id, account_id, at, user_id, by_contact_id, what, before, after
)
VALUES (
    %(resident)s, %(home)s, %(contact)s, %(office)s, %(account)s, %(now)s, %(user)s, %(by_contact)s, %(what)s,
    %(before)s, %(after)s
)
RETURNING watch_change_id;

-- name: changes
-- The latest changes that concern all that is named, the newest first.
SELECT
    c.watch_change_id AS number, c.at, coalesce(u.name, answered.name, '') AS who, c.what, c.before, c.after, c.resident_id AS resident,
    c.home_id AS home, c.contact_id AS contact, c.office_id AS office, c.account_id AS account
FROM watch_change AS c
LEFT JOIN user_account AS u USING (user_id)
LEFT JOIN contact AS answered ON answered.contact_id = c.by_contact_id
WHERE
    (%(resident)s::integer IS NULL OR c.resident_id = %(resident)s)
    AND (%(home)s::integer IS NULL OR c.home_id = %(home)s)
    AND (%(contact)s::integer IS NULL OR c.contact_id = %(contact)s)
    AND (%(office)s::integer IS NULL OR c.office_id = %(office)s)
    AND (%(account)s::integer IS NULL OR c.account_id = %(account)s)
    AND (%(number)s::bigint IS NULL OR c.watch_change_id = %(number)s)
    AND c.what = ANY(%(kinds)s)
ORDER BY c.watch_change_id DESC
LIMIT %(limit)s;

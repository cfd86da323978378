-- Changes of what is watched.

-- name: record
-- Write down one change.
INSERT INTO watch_change (resident_id, at, user_id, what, before, after)
VALUES (%(resident)s, %(now)s, %(user)s, %(what)s, %(before)s, %(after)s);

-- name: of_resident
-- The latest changes of a resident, the newest first.
SELECT c.at, u.name AS who, c.what, c.before, c.after
FROM watch_change AS c
JOIN user_account AS u USING (user_id)
WHERE c.resident_id = %(resident)s
ORDER BY c.watch_change_id DESC
LIMIT %(limit)s;

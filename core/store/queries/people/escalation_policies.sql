-- Escalation policies of offices and households.

-- name: in_force
-- The policy that a resident's alerts follow: the household's own, else the office's.
SELECT policy.body
FROM resident
JOIN escalation_policy AS policy ON policy.home_id = resident.home_id OR policy.office_id = resident.office_id
WHERE resident.resident_id = %(resident)s
ORDER BY policy.home_id IS NULL
LIMIT 1;

-- name: of_office
-- The policy that an office wrote.
SELECT body, changed_at FROM escalation_policy WHERE office_id = %(office)s;

-- name: of_home
-- The policy that a household has for itself.
SELECT body, changed_at FROM escalation_policy WHERE home_id = %(home)s;

-- name: of_households
-- The policies that households of an office have for themselves.
SELECT policy.body
FROM escalation_policy AS policy
WHERE policy.home_id IN (SELECT resident.home_id FROM resident WHERE resident.office_id = %(office)s);

-- name: put_for_office
-- Write an office's policy in place of the one before.
INSERT INTO escalation_policy (office_id, body, changed_at)
VALUES (%(office)s, %(body)s, %(now)s)
ON CONFLICT (office_id) DO UPDATE SET body = excluded.body, changed_at = excluded.changed_at;

-- name: put_for_home
-- Write a household's policy in place of the one before.
INSERT INTO escalation_policy (home_id, body, changed_at)
VALUES (%(home)s, %(body)s, %(now)s)
ON CONFLICT (home_id) DO UPDATE SET body = excluded.body, changed_at = excluded.changed_at;

-- name: drop_of_office
-- Let an office have what everybody has.
DELETE FROM escalation_policy WHERE office_id = %(office)s;

-- name: drop_of_home
-- Let a household have what its office has.
DELETE FROM escalation_policy WHERE home_id = %(home)s;

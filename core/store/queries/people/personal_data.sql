-- What is done with somebody's rows, for any table: `[table]`, `[rows]` and `[column]` come from the registry and `personal_rows`.

-- name: count
-- How many there are.
SELECT count(*) FROM ([rows]) AS found;

-- name: delete
-- Delete some of them.
DELETE FROM "[table]" WHERE ctid = ANY(ARRAY([rows] LIMIT %(limit)s));

-- name: rows
-- All of them, whole.
SELECT to_jsonb(whole) FROM "[table]" AS whole WHERE whole.ctid = ANY(ARRAY([rows]));

-- name: forget_reasons
-- Take the words out of what is kept of looks.
UPDATE access_log SET reason = '' WHERE resident_id = %(resident)s AND reason <> '';

-- name: release_alerts
-- Let nobody of theirs hold an alert that is another's.
UPDATE alert SET claimed_by_contact = NULL WHERE claimed_by_contact = ANY(%(contacts)s);

-- name: needed_accounts
-- Accounts that others' rows, or what is kept, refer to.
SELECT u.user_id
FROM user_account AS u
WHERE
    u.user_id = ANY(%(accounts)s)
    AND (
        EXISTS (SELECT FROM access_log AS x WHERE x.user_id = u.user_id)
        OR EXISTS (SELECT FROM alert AS x WHERE x.claimed_by_user = u.user_id)
        OR EXISTS (SELECT FROM alert_event AS x WHERE x.user_id = u.user_id)
        OR EXISTS (SELECT FROM watch_change AS x WHERE x.user_id = u.user_id)
        OR EXISTS (SELECT FROM backtest AS x WHERE x.user_id = u.user_id)
        OR EXISTS (SELECT FROM injection_request AS x WHERE x.user_id = u.user_id)
        OR EXISTS (SELECT FROM office_change AS x WHERE x.user_id = u.user_id)
    );

-- name: blank_accounts
-- Take away what these accounts say; nobody can sign in with one.
UPDATE user_account
SET login = 'erased ' || user_id, name = '', password_hash = '', is_active = false, version = version + 1
WHERE user_id = ANY(%(needed)s) AND name <> '';

-- name: announce
-- Notify ingest that its list of devices is out of date, and whoever writes the accounts of the broker.
SELECT pg_notify('device', ''), pg_notify('broker_account', '');

-- name: columns
-- The columns of all tables that hold words or bytes, of whatever type.
SELECT c.relname AS table, a.attname AS column, t.typname = 'bytea' AS is_bytes, t.typname = 'jsonb' AS is_json
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_type AS t ON t.oid = a.atttypid
WHERE
    n.nspname = 'public' AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
    AND t.typname IN ('text', 'varchar', 'bpchar', 'name', 'json', 'jsonb', 'bytea', '_text', 'xml', 'citext')
ORDER BY c.relname, a.attnum;

-- name: text_of
-- A column of words as they are searched.
"[column]"::text

-- name: search_texts
-- How many rows of a table have one of some words in these columns.
SELECT count(*) FROM "[table]"
WHERE EXISTS (
    SELECT FROM unnest(%(identifiers)s::text[]) AS named (text) WHERE strpos(concat_ws(E'\n', [columns]), named.text) > 0
);

-- name: search_bytes
-- How many rows have one of some words in a column of bytes.
SELECT count(*) FROM "[table]"
WHERE EXISTS (
    SELECT FROM unnest(%(identifiers)s::text[]) AS named (text)
    WHERE position(convert_to(named.text, 'UTF8') IN "[column]") > 0
);

-- name: whose
-- Which of some words stand in a column that is somebody's name or address.
SELECT DISTINCT named.text
FROM unnest(%(identifiers)s::text[]) AS named (text)
JOIN "[table]" AS other ON strpos(other."[column]"::text, named.text) > 0;

-- name: blot_text
-- Blot a word out of what others' rows say.
UPDATE "[table]" SET "[column]" = replace("[column]", %(identifier)s, %(blot)s)
WHERE strpos("[column]", %(identifier)s) > 0;

-- name: blot_json
-- Blot a word out of what others' rows say in JSON.
UPDATE "[table]" SET "[column]" = replace("[column]"::text, %(identifier)s, %(blot)s)::jsonb
WHERE strpos("[column]"::text, %(identifier)s) > 0;

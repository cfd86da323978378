-- The login of the web process, and what it may do.

-- name: roles
-- Who owns the tables, whether there is a login of a name, and whether that is a superuser.
SELECT
    pg_get_userbyid(t.relowner), r.rolname IS NOT NULL, coalesce(r.rolsuper, false)
FROM pg_class AS t
LEFT JOIN pg_roles AS r ON r.rolname = %(role)s
WHERE t.oid = 'access_log'::regclass;

-- name: may_change
-- The logins of web processes that are connected now and may change or delete a row of the ledger, or make a seal.
SELECT DISTINCT activity.usename
FROM pg_stat_activity AS activity
WHERE
    activity.datname = current_database() AND activity.application_name = %(application)s
    AND (
        has_table_privilege(activity.usename, 'access_log', 'UPDATE, DELETE, TRUNCATE')
        OR has_table_privilege(activity.usename, 'watch_change', 'UPDATE, DELETE, TRUNCATE')
        OR has_table_privilege(activity.usename, 'office_change', 'UPDATE, DELETE, TRUNCATE')
        OR has_table_privilege(activity.usename, 'ledger_seal', 'INSERT, UPDATE, DELETE, TRUNCATE')
        OR has_table_privilege(activity.usename, 'ledger_pending', 'INSERT, UPDATE, DELETE, TRUNCATE')
    )
ORDER BY 1;

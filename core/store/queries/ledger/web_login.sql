-- The login of the web process, and what it may do.

-- name: has_role
-- Whether there is such a login.
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %(role)s);

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

-- The ledger is checked: from its first entry to the last, and against the rows.

-- name: one_moment
-- See everything as it is at one moment.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;

-- name: entries
-- Some entries after a number, in order, and whether each is the last one about its row.
SELECT
    s.ledger_seal_id AS number, s.source, s.row_number AS row, s.at, s.cause, s.erasure_id AS erasure, s.digest, s.seal,
    NOT EXISTS (
        SELECT FROM ledger_seal AS later
        WHERE later.source = s.source AND later.row_number = s.row_number AND later.ledger_seal_id > s.ledger_seal_id
    ) AS is_latest,
    EXISTS (
        SELECT FROM ledger_pending AS waits WHERE waits.source = s.source AND waits.row_number = s.row_number
    ) AS is_pending
FROM ledger_seal AS s
WHERE s.ledger_seal_id > %(after)s
ORDER BY s.ledger_seal_id
LIMIT %(limit)s;

-- name: cuts
-- What went because it was too old, the newest first.
SELECT at, before, through, entries, seal FROM ledger_cut ORDER BY through DESC;

-- name: erasures
-- Which erasures there are.
SELECT erasure_id FROM erasure;

-- name: outside
-- A row that neither has an entry nor waits for one.
SELECT source, row_number AS row, at
FROM (
    SELECT 'access_log' AS source, access_log_id AS row_number, at FROM access_log
    UNION ALL
    SELECT 'watch_change', watch_change_id, at FROM watch_change
    UNION ALL
    SELECT 'office_change', office_change_id, at FROM office_change
    UNION ALL
    SELECT 'ledger_cut', ledger_cut_id, at FROM ledger_cut
) AS written
WHERE
    NOT EXISTS (SELECT FROM ledger_seal AS s WHERE s.source = written.source AND s.row_number = written.row_number)
    AND NOT EXISTS (SELECT FROM ledger_pending AS p WHERE p.source = written.source AND p.row_number = written.row_number)
LIMIT 1;

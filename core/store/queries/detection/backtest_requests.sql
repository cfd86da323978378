-- What staff try on a resident's past: requests of the pages, and what the detectors found.

-- name: lock_resident
-- Let one settings of a resident at a time be counted and added.
SELECT FROM resident WHERE resident_id = %(resident)s FOR NO KEY UPDATE;

-- name: open_count
-- How many of a resident's are not finished.
SELECT count(*) FROM backtest WHERE resident_id = %(resident)s AND state IN ('waiting', 'running');

-- name: add
-- Ask for one.
INSERT INTO backtest (resident_id, user_id, asked_at, settings)
VALUES (%(resident)s, %(user)s, %(now)s, %(settings)s)
RETURNING backtest_id;

-- name: drop_old
-- Forget all but the newest of a resident.
DELETE FROM backtest
WHERE resident_id = %(resident)s AND backtest_id NOT IN (
    SELECT backtest_id FROM backtest
    WHERE resident_id = %(resident)s
    ORDER BY backtest_id DESC
    LIMIT %(kept)s
);

-- name: get
-- One, with its result and who asked.
SELECT
    backtest_id AS number, resident_id AS resident, user_account.name AS asked_by, asked_at, settings, state, progress,
    problem, finished_at, result
FROM backtest JOIN user_account USING (user_id)
WHERE backtest_id = %(backtest)s;

-- name: of_resident
-- Those of a resident, the newest first, without their results.
SELECT
    backtest_id AS number, resident_id AS resident, user_account.name AS asked_by, asked_at, settings, state, progress,
    problem, finished_at, NULL AS result
FROM backtest JOIN user_account USING (user_id)
WHERE resident_id = %(resident)s
ORDER BY backtest_id DESC;

-- name: is_work_left
-- Whether one waits, or was left behind by a worker that is gone: no worker holds the lock.
SELECT CASE
    WHEN EXISTS (SELECT FROM backtest WHERE state IN ('waiting', 'running')) THEN pg_try_advisory_xact_lock(%(key)s)
    ELSE false
END;

-- name: hold
-- Become the one worker, for as long as the connection lasts.
SELECT pg_try_advisory_lock(%(key)s);

-- name: take
-- Begin the oldest that is not finished. Only the one worker asks, so one that is running was left behind.
UPDATE backtest
SET state = 'running', attempts = attempts + 1, progress = 0
WHERE backtest_id = (
    SELECT backtest_id FROM backtest WHERE state IN ('waiting', 'running') ORDER BY backtest_id LIMIT 1
)
RETURNING backtest_id AS number, resident_id AS resident, settings, attempts;

-- name: report
-- Say which share is done.
UPDATE backtest SET progress = %(progress)s WHERE backtest_id = %(backtest)s AND state = 'running'
RETURNING backtest_id;

-- name: give_back
-- Leave it to the next worker; it does not count as begun.
UPDATE backtest SET state = 'waiting', attempts = attempts - 1, progress = 0
WHERE backtest_id = %(backtest)s AND state = 'running';

-- name: finish
-- Keep what came of it: a result, or why there is none.
UPDATE backtest
SET state = %(state)s, problem = %(problem)s, result = %(result)s, finished_at = %(now)s, progress = 1
WHERE backtest_id = %(backtest)s AND state = 'running';

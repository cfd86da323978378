-- Requests to try a profile on messages in quarantine, of a device, a sender or a model: asked for by the api, answered by ingest.

-- name: lock
-- Let one request at a time be counted and added.
SELECT pg_advisory_xact_lock(%(key)s);

-- name: forget
-- Forget what was asked long ago.
DELETE FROM profile_trial WHERE asked_at <= %(before)s;

-- name: open_count
-- How many may still be answered.
SELECT count(*) FROM profile_trial WHERE state IN ('waiting', 'running') AND expires_at > %(now)s;

-- name: add
-- Ask for one.
INSERT INTO profile_trial (profile_id, device_number, sender, model, user_id, asked_at, expires_at)
VALUES (%(profile)s, %(device)s, %(sender)s, %(model)s, %(user)s, %(now)s, %(expires_at)s)
RETURNING profile_trial_id;

-- name: get
-- One, with its result, unless it is forgotten.
SELECT
    trial.profile_trial_id AS number, profile.name AS profile, profile.version, device.device_id, trial.sender, trial.model, trial.asked_at,
    CASE WHEN trial.state IN ('waiting', 'running') AND trial.expires_at <= %(now)s THEN 'expired' ELSE trial.state END AS state,
    trial.result
FROM profile_trial AS trial
JOIN device_profile AS profile USING (profile_id)
LEFT JOIN device USING (device_number)
WHERE trial.profile_trial_id = %(trial)s AND trial.asked_at > %(since)s;

-- name: is_work_left
-- Whether one waits, or was left behind by a worker that is gone: no worker holds the lock.
SELECT CASE
    WHEN EXISTS (SELECT FROM profile_trial WHERE state IN ('waiting', 'running') AND expires_at > %(now)s)
    THEN pg_try_advisory_xact_lock(%(key)s)
    ELSE false
END;

-- name: hold
-- Become the one worker, for as long as the connection lasts.
SELECT pg_try_advisory_lock(%(key)s);

-- name: take
-- Begin the oldest that is not finished. Only the one worker asks, so one that is running was left behind.
UPDATE profile_trial AS trial
SET state = 'running', attempts = trial.attempts + 1
WHERE trial.profile_trial_id = (
    SELECT profile_trial_id FROM profile_trial
    WHERE state IN ('waiting', 'running') AND expires_at > %(now)s
    ORDER BY profile_trial_id
    LIMIT 1
)
RETURNING trial.profile_trial_id AS number, trial.profile_id AS profile, trial.device_number AS device, trial.sender, trial.model, trial.attempts;

-- name: finish
-- Keep what came of it: a result, or none.
UPDATE profile_trial SET state = %(state)s, result = %(result)s
WHERE profile_trial_id = %(trial)s AND state = 'running';

-- name: device
-- One device in use: how its messages come, and what they mean in its home.
SELECT sender, device_number AS number, device_id, meaning FROM device WHERE device_number = %(device)s AND retired_at IS NULL;

-- name: device_of_sender
-- The same of the device in use whose messages come under a name.
SELECT sender, device_number AS number, device_id, meaning FROM device WHERE sender = %(sender)s AND retired_at IS NULL;

-- name: modelled
-- All devices of which the model is known: those in use, and those that describe themselves and wait to be registered.
SELECT model, sender, device_number AS number, device_id, meaning FROM device
WHERE retired_at IS NULL AND model <> ''
UNION ALL
SELECT waiting.model, waiting.sender, NULL, NULL, 'as_measured' FROM device_proposal AS waiting
WHERE waiting.dismissed_at IS NULL AND waiting.model <> ''
    AND NOT EXISTS (SELECT FROM device WHERE device.sender = waiting.sender)
ORDER BY sender;

-- name: strangers
-- Senders that nobody registered, and of which something is not read or not understood.
SELECT sender FROM (
    SELECT sender, last_at FROM unclear_call UNION ALL SELECT sender, last_at FROM unread_field
) AS said
WHERE NOT EXISTS (SELECT FROM device WHERE device.sender = said.sender AND device.retired_at IS NULL)
GROUP BY sender
ORDER BY max(last_at) DESC, sender
LIMIT %(most)s;

-- A simulated ward: what its testers want, what really happens in it, and what was raised. Empty in production.

-- name: begin
-- Say that a simulator plays the ward; whoever stopped it before still wants it stopped.
INSERT INTO simulation (is_wanted, homes, devices, scenarios, reported_at)
VALUES (true, %(homes)s, %(devices)s, %(scenarios)s, %(now)s)
ON CONFLICT (is_only) DO UPDATE
SET homes = excluded.homes, devices = excluded.devices, scenarios = excluded.scenarios,
    reported_at = excluded.reported_at, problem = '';

-- name: report
-- Say how the simulation goes, and read whether it is wanted.
UPDATE simulation
SET is_running = %(is_running)s, messages = %(messages)s, problem = %(problem)s, reported_at = %(now)s
RETURNING is_wanted;

-- name: state
-- How the simulation goes.
SELECT is_wanted, is_running, homes, devices, scenarios, messages, problem, reported_at FROM simulation;

-- name: want
-- Ask for the simulation to run or to stop.
UPDATE simulation SET is_wanted = %(is_wanted)s RETURNING is_only;

-- name: drop_scripted
-- Forget what the script says from a moment on, before it is written anew.
DELETE FROM simulation_event WHERE NOT is_injected AND ended_at >= %(since)s;

-- name: add_events
-- Keep what really happens; homes are known by their names. Nothing is kept of a home that is not registered.
INSERT INTO simulation_event (kind, home_id, began_at, ended_at, raises, due_at, is_injected)
SELECT given.kind, home.home_id, given.began_at, given.ended_at, string_to_array(given.raises, ' '), given.due_at,
       %(is_injected)s
FROM unnest(
    %(kind)s::text[], %(home)s::text[], %(began_at)s::timestamptz[], %(ended_at)s::timestamptz[],
    %(raises)s::text[], %(due_at)s::timestamptz[]
) AS given (kind, home, began_at, ended_at, raises, due_at)
LEFT JOIN home ON home.name = given.home
WHERE given.home = '' OR home.home_id IS NOT NULL;

-- name: events
-- What really happens and has begun, the newest first; a page of it.
SELECT simulation_event_id AS number, kind, home_id AS home, began_at, ended_at, raises, due_at, is_injected
FROM simulation_event
WHERE began_at <= %(now)s AND began_at >= %(since)s
ORDER BY began_at DESC, simulation_event_id DESC
LIMIT %(limit)s;

-- name: alerts
-- What was raised since a moment, each episode by itself, with its home, and when the first message that asked somebody to act was accepted.
SELECT
    alert.alert_id AS number, alert.rule, coalesce(resident.home_id, alert.home_id, assigned.home_id) AS home,
    alert_episode.raised_at,
    CASE
        WHEN alert.severity >= %(equipment)s THEN greatest(alert.opened_at, alert_episode.raised_at)
        ELSE (
            SELECT min(delivery.accepted_at)
            FROM notification
            JOIN delivery USING (notification_id)
            WHERE
                notification.alert_id = alert.alert_id AND notification.kind = ANY(%(calls_to_act)s::text[])
                AND delivery.accepted_at >= alert_episode.raised_at
        )
    END AS notified_at
FROM alert_episode
JOIN alert USING (alert_id)
LEFT JOIN resident ON resident.resident_id = alert.resident_id
LEFT JOIN device_assignment AS assigned
    ON assigned.device_number = alert.device_number AND assigned.during @> alert_episode.raised_at
WHERE alert_episode.raised_at >= %(since)s AND alert_episode.withdrawn_at IS NULL
ORDER BY alert_episode.raised_at, alert.alert_id;

-- name: request_injection
-- Ask for something to happen in a home, now.
INSERT INTO injection_request (at, user_id, home_id, kind)
SELECT %(now)s, %(user)s, home_id, %(kind)s FROM home WHERE home_id = %(home)s
RETURNING injection_request_id;

-- name: open_injections
-- Requests not executed yet, with the name of the home.
SELECT injection_request_id AS number, home.name AS home, kind
FROM injection_request JOIN home USING (home_id)
WHERE executed_at IS NULL
ORDER BY injection_request_id;

-- name: mark_executed
-- Note that a request was executed, or why it could not be.
UPDATE injection_request SET executed_at = %(now)s, problem = %(problem)s WHERE injection_request_id = %(request)s;

-- name: injection_requests
-- The latest requests, the newest first.
SELECT injection_request_id AS number, at, home_id AS home, kind, executed_at, problem
FROM injection_request ORDER BY injection_request_id DESC LIMIT %(limit)s;

-- name: home_names
-- The homes by key, to name them.
SELECT home_id, name FROM home ORDER BY home_id;

-- name: first_residents
-- The first resident of each home, by the home's name.
SELECT home.name, min(resident.resident_id) FROM home JOIN resident USING (home_id) GROUP BY home.name;

-- name: leave_out_devices
-- Take the devices out of all homes but these.
DELETE FROM device_assignment USING home
WHERE device_assignment.home_id = home.home_id AND NOT home.name = ANY(%(but)s);

-- name: leave_out_states
-- Forget the last life signs of all homes but these.
DELETE FROM home_latest USING home WHERE home_latest.home_id = home.home_id AND NOT home.name = ANY(%(but)s);

-- name: leave_out_residents
-- Forget who lives in all homes but these.
DELETE FROM resident USING home WHERE resident.home_id = home.home_id AND NOT home.name = ANY(%(but)s);

-- name: leave_out_homes
-- Forget all homes but these.
DELETE FROM home WHERE NOT name = ANY(%(but)s);

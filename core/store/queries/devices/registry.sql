-- What an operator enters: offices, homes, residents, contacts and devices.

-- name: lock
-- Let one registration at a time run, so that two with the same names do not collide.
SELECT pg_advisory_xact_lock(%(key)s);

-- name: offices
-- All offices with their names, the oldest first.
SELECT name, office_id FROM office ORDER BY office_id;

-- name: office_of_role
-- Find the ward's duty line, or the operator's emergency plan.
SELECT office_id FROM office WHERE role = %(role)s;

-- name: add_office
-- Register an office.
INSERT INTO office (name, phone, role) VALUES (%(name)s, %(phone)s, %(role)s)
RETURNING office_id;

-- name: add_home
-- Register a home.
INSERT INTO home (name, area, time_zone, lat, lon)
VALUES (%(name)s, %(area)s, %(time_zone)s, %(lat)s, %(lon)s)
RETURNING home_id;

-- name: residents_of_home
-- Who is or was watched in a home, those who are watched first.
SELECT name, resident_id FROM resident WHERE home_id = %(home)s ORDER BY ended_at IS NOT NULL, resident_id;

-- name: add_resident
-- Register a resident.
INSERT INTO resident (home_id, office_id, name, kana, born_on, phone, watched_from, alert_on_night_exit)
VALUES (
    %(home)s, %(office)s, %(name)s, %(kana)s, %(born_on)s, %(phone)s, %(watched_from)s, %(alert_on_night_exit)s
)
RETURNING resident_id;

-- name: add_contact
-- Register a contact, unless the same person or centre has one with this channel; of an encrypted address only the host is known.
INSERT INTO contact (
    resident_id, office_id, user_id, name, relation, calls_resident, step, language, quiet_from, quiet_until, is_duty_only
)
SELECT
    %(resident)s::integer, %(office)s::integer, %(user)s::integer, %(name)s, %(relation)s, %(calls_resident)s,
    %(step)s, %(language)s, %(quiet_from)s::time, %(quiet_until)s::time, %(is_duty_only)s
WHERE NOT EXISTS (
    SELECT
    FROM contact
    JOIN contact_channel AS channel ON channel.contact_id = contact.contact_id
    WHERE
        contact.resident_id IS NOT DISTINCT FROM %(resident)s::integer
        AND contact.office_id IS NOT DISTINCT FROM %(office)s::integer
        AND channel.kind = %(kind)s
        AND (
            channel.address = %(address)s
            OR (channel.sealed IS NOT NULL AND channel.address = %(shown)s AND contact.name = %(name)s)
        )
)
RETURNING contact_id;

-- name: geofence
-- Find a geofence of a resident by its name.
SELECT geofence_id FROM geofence
WHERE resident_id = %(resident)s AND name = %(name)s AND deleted_at IS NULL;

-- name: device
-- Find how the messages of a device come by its id, also of one that is out of use.
SELECT sender, retired_at IS NOT NULL FROM device WHERE device_id = %(device_id)s;

-- name: device_of_sender
-- Find the device whose messages come under a name.
SELECT device_id FROM device WHERE sender = %(sender)s;

-- name: add_device
-- Register a device.
INSERT INTO device (device_id, sender, kind, place, model, gateway_id, heartbeat_s, registered_at)
VALUES (
    %(device_id)s, %(sender)s, %(kind)s, %(place)s, %(model)s, %(gateway_id)s, %(heartbeat_s)s, %(now)s)
RETURNING device_number;

-- name: assign_device
-- Put a device into a home from a moment on.
INSERT INTO device_assignment (device_number, home_id, resident_id, during)
VALUES (%(device)s, %(home)s, %(resident)s, tstzrange(%(since)s, NULL));

-- name: end_assignment
-- Take a device out of where it is.
UPDATE device_assignment SET during = tstzrange(lower(during), %(until)s)
WHERE device_number = %(device)s AND upper_inf(during);

-- name: set_kind
-- Say what a device is.
UPDATE device SET kind = %(kind)s WHERE device_number = %(device)s;

-- name: retire_device
-- Take a device out of use; its readings stay.
UPDATE device SET retired_at = %(now)s WHERE device_number = %(device)s;

-- name: device_in_use
-- How a device is registered, and where it is now.
SELECT
    d.device_number AS number, d.device_id, d.sender, d.kind, d.place, d.model, d.gateway_id, d.heartbeat_s,
    a.home_id AS home, a.resident_id AS resident, lower(a.during) AS since
FROM device AS d
LEFT JOIN device_assignment AS a ON a.device_number = d.device_number AND upper_inf(a.during)
WHERE d.device_id = %(device_id)s AND d.retired_at IS NULL;

-- name: senders_in_use
-- How all devices in use are registered, for who signs in with which account.
SELECT device_id, sender, kind, gateway_id FROM device WHERE retired_at IS NULL;

-- name: add_changes
-- Let those be evaluated again whom a change of a device's place concerns, from that moment on.
INSERT INTO home_change (home_id, earliest, urgent)
SELECT home_id, %(since)s, false FROM device_assignment
WHERE device_number = %(device)s AND during && tstzrange(%(since)s, NULL)
UNION
SELECT %(former)s::integer, %(since)s, false WHERE %(former)s::integer IS NOT NULL;

-- name: forget_home_latest
-- Drop a home's last life sign if it came from a device that was not there any more.
DELETE FROM home_latest
WHERE home_id = %(former)s::integer AND device_number = %(device)s AND life_sign_at >= %(since)s;

-- name: newest_contact
-- When any device that was ever in some homes measured last.
SELECT max(contact.last_time)
FROM device_assignment AS here JOIN device_contact AS contact USING (device_number)
WHERE here.home_id = ANY(%(homes)s);

-- name: find_home_latest
-- Find the last life sign of homes, among the devices that were there, since a moment; return the homes of which there is one.
WITH found AS (
    SELECT DISTINCT ON (here.home_id) here.home_id, sign.at, here.device_number
    FROM device_assignment AS here
    JOIN LATERAL (
        SELECT coalesce(reading.acted_from, reading.time) AS at FROM reading
        WHERE reading.device_number = here.device_number AND reading.time > %(oldest)s
            AND is_life_sign(reading.flags) AND NOT is_retained(reading.flags)
            AND here.during @> coalesce(reading.acted_from, reading.time)
        ORDER BY reading.time DESC
        LIMIT 1
    ) AS sign ON true
    WHERE here.home_id = ANY(%(homes)s)
        AND NOT EXISTS (SELECT FROM chattering_device AS chatter WHERE chatter.device_number = here.device_number)
    ORDER BY here.home_id, sign.at DESC
), put AS (
    INSERT INTO home_latest (home_id, life_sign_at, device_number)
    SELECT home_id, at, device_number FROM found
    ON CONFLICT (home_id) DO UPDATE SET life_sign_at = excluded.life_sign_at, device_number = excluded.device_number
    WHERE excluded.life_sign_at > home_latest.life_sign_at
)
SELECT home_id FROM found;

-- name: home_of_number
-- Find a home by its number.
SELECT home_id FROM home WHERE home_id = %(home)s;

-- name: resident_of_number
-- The home of a resident.
SELECT home_id FROM resident WHERE resident_id = %(resident)s;

-- name: announce_devices
-- Notify ingest that its list of devices is out of date.
SELECT pg_notify('device', '');

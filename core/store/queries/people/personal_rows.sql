-- Whose the rows of each table are: one query for each table of `core.domain.records.personal_data`, which gives where its rows stand.
-- They are counted, given out and deleted by it. Hypertables are in `personal_timelines.sql`, since a place in them is none of the table.

-- name: mqtt_out_event
-- What happened to their alerts and is yet to be published.
SELECT t.ctid FROM mqtt_out_event AS t JOIN alert_event AS e USING (alert_event_id) WHERE e.alert_id = ANY(%(alerts)s)

-- name: push_message
-- Notifications in browsers of their alerts.
SELECT t.ctid FROM push_message AS t JOIN alert_event AS e USING (alert_event_id) WHERE e.alert_id = ANY(%(alerts)s)

-- name: webhook_redelivery
-- That events about their alerts, or for their contacts, were sent again.
SELECT t.ctid FROM webhook_redelivery AS t JOIN delivery AS d USING (delivery_id) JOIN notification AS n USING (notification_id)
WHERE n.alert_id = ANY(%(alerts)s) OR n.contact_id = ANY(%(contacts)s)

-- name: delivery
-- What became of messages about their alerts, or to their contacts.
SELECT t.ctid FROM delivery AS t JOIN notification AS n USING (notification_id)
WHERE n.alert_id = ANY(%(alerts)s) OR n.contact_id = ANY(%(contacts)s)

-- name: notification
-- Messages about their alerts, or to their contacts.
SELECT t.ctid FROM notification AS t WHERE t.alert_id = ANY(%(alerts)s) OR t.contact_id = ANY(%(contacts)s)

-- name: notice
-- Messages to their contacts, and about changes of their watch, that are about no alert.
SELECT t.ctid FROM notice AS t
WHERE t.contact_id = ANY(%(contacts)s) OR t.body ->> 'resident' = %(resident)s::integer::text

-- name: answer_link
-- Links in these messages.
SELECT t.ctid FROM answer_link AS t WHERE t.alert_id = ANY(%(alerts)s) OR t.contact_id = ANY(%(contacts)s)

-- name: contact_link
-- Links in messages about no alert.
SELECT t.ctid FROM contact_link AS t
WHERE
    t.contact_id = ANY(%(contacts)s)
    OR t.absence_id IN (SELECT absence_id FROM absence WHERE resident_id = %(resident)s)
    OR t.prompt_id IN (SELECT prompt_id FROM prompt WHERE resident_id = %(resident)s)

-- name: prompt
-- When they were asked whether all is well, and what was answered.
SELECT t.ctid FROM prompt AS t WHERE t.resident_id = %(resident)s

-- name: prompt_setting
-- Whether they are asked before others are notified, and who agreed to it.
SELECT t.ctid FROM prompt_setting AS t WHERE t.resident_id = %(resident)s

-- name: escalation_step
-- When who was asked about their alerts.
SELECT t.ctid FROM escalation_step AS t WHERE t.alert_id = ANY(%(alerts)s)

-- name: alert_event
-- What was done about their alerts.
SELECT t.ctid FROM alert_event AS t WHERE t.alert_id = ANY(%(alerts)s)

-- name: alert_episode
-- The times that their alerts are about.
SELECT t.ctid FROM alert_episode AS t WHERE t.alert_id = ANY(%(alerts)s) OR t.resident_id = %(resident)s

-- name: alert_evidence
-- What their alerts were raised from, as far as it is kept longer than the rest.
SELECT t.ctid FROM alert_evidence AS t WHERE t.alert_id = ANY(%(alerts)s)

-- name: alert
-- Their alerts.
SELECT t.ctid FROM alert AS t WHERE t.alert_id = ANY(%(alerts)s) OR t.resident_id = %(resident)s

-- name: line_code
-- Codes that link their contacts' phones.
SELECT t.ctid FROM line_code AS t WHERE t.contact_id = ANY(%(contacts)s)

-- name: contact_channel
-- How their contacts are reached.
SELECT t.ctid FROM contact_channel AS t WHERE t.contact_id = ANY(%(contacts)s)

-- name: access_log
-- Who looked at their data.
SELECT t.ctid FROM access_log AS t WHERE t.resident_id = %(resident)s

-- name: watch_change
-- Changes of what is watched of them, and of their records.
SELECT t.ctid FROM watch_change AS t
WHERE
    t.resident_id = %(resident)s OR t.contact_id = ANY(%(contacts)s)
    OR (t.home_id = %(home)s AND coalesce(t.resident_id, %(resident)s) = %(resident)s)
    OR (t.account_id = ANY(%(accounts)s) AND coalesce(t.resident_id, %(resident)s) = %(resident)s)

-- name: family_link
-- Who of their family may see them.
SELECT t.ctid FROM family_link AS t WHERE t.resident_id = %(resident)s

-- name: absence
-- When they were planned to be away.
SELECT t.ctid FROM absence AS t WHERE t.resident_id = %(resident)s

-- name: backtest
-- What was tried on their past.
SELECT t.ctid FROM backtest AS t WHERE t.resident_id = %(resident)s

-- name: baseline
-- What was learned of them.
SELECT t.ctid FROM baseline AS t WHERE t.resident_id = %(resident)s

-- name: evaluation
-- What the board says of them.
SELECT t.ctid FROM evaluation AS t WHERE t.resident_id = %(resident)s

-- name: device_latest
-- The newest values of their devices.
SELECT t.ctid FROM device_latest AS t
WHERE
    t.device_number = ANY(%(own_devices)s)
    OR EXISTS (
        SELECT FROM unnest(%(span_devices)s::integer[], %(span_since)s::timestamptz[], %(span_until)s::timestamptz[])
            AS span (device, since, until)
        WHERE span.device = t.device_number AND t.time >= span.since AND t.time < span.until
    )

-- name: device_state
-- The newest states of their devices.
SELECT t.ctid FROM device_state AS t
WHERE
    t.device_number = ANY(%(own_devices)s)
    OR EXISTS (
        SELECT FROM unnest(%(span_devices)s::integer[], %(span_since)s::timestamptz[], %(span_until)s::timestamptz[])
            AS span (device, since, until)
        WHERE span.device = t.device_number AND t.time >= span.since AND t.time < span.until
    )

-- name: home_latest
-- When their home, or a device of theirs, last showed life.
SELECT t.ctid FROM home_latest AS t WHERE t.home_id = %(home)s OR t.device_number = ANY(%(own_devices)s)

-- name: home_change
-- That something of their home waits to be evaluated.
SELECT t.ctid FROM home_change AS t WHERE t.home_id = %(home)s

-- name: blind_time
-- When nothing could be noticed of their home and devices.
SELECT t.ctid FROM blind_time AS t
WHERE
    t.home_id = %(home)s OR t.device_number = ANY(%(own_devices)s)
    OR EXISTS (
        SELECT FROM unnest(%(span_devices)s::integer[], %(span_since)s::timestamptz[], %(span_until)s::timestamptz[])
            AS span (device, since, until)
        WHERE span.device = t.device_number AND t.began_at >= span.since AND t.began_at < span.until
    )

-- name: profile_trial
-- What profiles would have read of their devices' messages.
SELECT t.ctid FROM profile_trial AS t
WHERE
    t.sender = ANY(%(senders)s) OR t.device_number = ANY(%(own_devices)s)
    OR t.device_number = ANY(%(span_devices)s)

-- name: quarantine
-- Messages of their devices that could not be stored, and those that name them.
SELECT t.ctid FROM quarantine AS t
WHERE
    EXISTS (
        SELECT FROM unnest(%(words)s::text[], %(word_since)s::timestamptz[], %(word_until)s::timestamptz[])
            AS known (word, since, until)
        WHERE
            t.received_at >= known.since AND t.received_at < known.until
            AND (
                strpos('/' || translate(t.topic, '#:', '//') || '/', '/' || known.word || '/') > 0
                OR (length(known.word) > 7 AND position(convert_to(known.word, 'UTF8') IN t.payload) > 0)
            )
    )
    OR EXISTS (
        SELECT FROM unnest(%(identifiers)s::text[]) AS named (text)
        WHERE
            position(convert_to(named.text, 'UTF8') IN t.payload) > 0 OR strpos(t.topic, named.text) > 0
            OR strpos(t.detail, named.text) > 0
    )

-- name: unassigned_call
-- Calls of their devices while those belonged to nobody.
SELECT t.ctid FROM unassigned_call AS t WHERE split_part(t.sender, '#', 1) = ANY(%(senders)s)

-- name: unclear_call
-- Fields of their devices that look like calls.
SELECT t.ctid FROM unclear_call AS t WHERE split_part(t.sender, '#', 1) = ANY(%(senders)s)

-- name: unread_field
-- Fields of their devices that were not read.
SELECT t.ctid FROM unread_field AS t WHERE split_part(t.sender, '#', 1) = ANY(%(senders)s)

-- name: connection_break
-- When their devices were out of contact.
SELECT t.ctid FROM connection_break AS t WHERE t.senders = ANY(%(senders)s)

-- name: connection_loop
-- Whether they were cut off again and again.
SELECT t.ctid FROM connection_loop AS t WHERE t.sender = ANY(%(senders)s)

-- name: device_proposal
-- What gateways say of their devices.
SELECT t.ctid FROM device_proposal AS t WHERE t.sender = ANY(%(senders)s)

-- name: device_rename
-- By which names gateways called their devices.
SELECT t.ctid FROM device_rename AS t WHERE t.device_number = ANY(%(own_devices)s)

-- name: device_contact
-- The last contact of their devices.
SELECT t.ctid FROM device_contact AS t WHERE t.device_number = ANY(%(own_devices)s)

-- name: chattering_device
-- Whether they chatter.
SELECT t.ctid FROM chattering_device AS t WHERE t.device_number = ANY(%(own_devices)s)

-- name: canary_flight
-- Calls of a canary that was registered as theirs by mistake.
SELECT t.ctid FROM canary_flight AS t WHERE t.device_number = ANY(%(own_devices)s)

-- name: sequence_gap
-- Which of their messages are missing.
SELECT t.ctid FROM sequence_gap AS t WHERE t.device_number = ANY(%(own_devices)s)

-- name: device_assignment
-- Which devices were theirs, or their home's.
SELECT t.ctid FROM device_assignment AS t WHERE
    t.resident_id = %(resident)s
    OR (t.home_id = %(home)s AND coalesce(t.resident_id, %(resident)s) = %(resident)s)

-- name: device
-- Their own devices.
SELECT t.ctid FROM device AS t WHERE t.device_number = ANY(%(own_devices)s)

-- name: enrolment
-- Codes of labels of their devices.
SELECT t.ctid FROM enrolment AS t WHERE t.account = ANY(%(broker_accounts)s)

-- name: broker_account
-- With what their devices sign in.
SELECT t.ctid FROM broker_account AS t WHERE t.name = ANY(%(broker_accounts)s)

-- name: quiet_limit
-- Which silences at home are raised.
SELECT t.ctid FROM quiet_limit AS t WHERE t.resident_id = %(resident)s

-- name: geofence
-- Their usual areas.
SELECT t.ctid FROM geofence AS t WHERE t.resident_id = %(resident)s

-- name: contact
-- Who is notified about them.
SELECT t.ctid FROM contact AS t WHERE t.resident_id = %(resident)s

-- name: injection_request
-- What testers made happen in their home.
SELECT t.ctid FROM injection_request AS t WHERE t.home_id = %(home)s

-- name: simulation_event
-- What happens in their made-up home.
SELECT t.ctid FROM simulation_event AS t WHERE t.home_id = %(home)s

-- name: escalation_policy
-- Whom their household wants asked.
SELECT t.ctid FROM escalation_policy AS t WHERE t.home_id = %(home)s

-- name: resident
-- The resident.
SELECT t.ctid FROM resident AS t WHERE t.resident_id = %(resident)s

-- name: home
-- Their home.
SELECT t.ctid FROM home AS t WHERE t.home_id = %(home)s

-- name: people_import
-- Tables that wait to be imported: nobody knows whether they are in one.
SELECT t.ctid FROM people_import AS t

-- name: invitation
-- Links with which their family chose passwords.
SELECT t.ctid FROM invitation AS t WHERE t.user_id = ANY(%(accounts)s)

-- name: second_factor
-- Secrets of the apps with which their family signs in.
SELECT t.ctid FROM second_factor AS t WHERE t.user_id = ANY(%(accounts)s)

-- name: api_token
-- Tokens of programs that ask in the name of their family.
SELECT t.ctid FROM api_token AS t WHERE t.user_id = ANY(%(accounts)s)

-- name: recovery_code
-- Codes of their family for the day the phone is lost.
SELECT t.ctid FROM recovery_code AS t WHERE t.user_id = ANY(%(accounts)s)

-- name: awaited_code
-- Whose password of their family was right, and whose code is awaited.
SELECT t.ctid FROM awaited_code AS t WHERE t.user_id = ANY(%(accounts)s)

-- name: user_session
-- Where their family is signed in.
SELECT t.ctid FROM user_session AS t WHERE t.user_id = ANY(%(accounts)s)

-- name: sign_in_attempt
-- When their family tried to sign in.
SELECT t.ctid FROM sign_in_attempt AS t WHERE t.login_hash = ANY(%(login_hashes)s)

-- name: push_subscription
-- Browsers of their family.
SELECT t.ctid FROM push_subscription AS t WHERE t.user_id = ANY(%(accounts)s)

-- name: user_account
-- Accounts of their family that see nobody else.
SELECT t.ctid FROM user_account AS t WHERE t.user_id = ANY(%(accounts)s)

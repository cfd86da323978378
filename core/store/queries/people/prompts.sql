-- Which residents are asked before anybody else is notified of a silence, and each question with its answer.

-- name: setting
-- What was agreed with a resident.
SELECT is_on, most_in_a_week, agreed, changed_at FROM prompt_setting WHERE resident_id = %(resident)s;

-- name: put_setting
-- Keep what was agreed with a resident.
INSERT INTO prompt_setting (resident_id, is_on, most_in_a_week, agreed, changed_at)
VALUES (%(resident)s, %(is_on)s, %(most_in_a_week)s, %(agreed)s, %(now)s)
ON CONFLICT (resident_id) DO UPDATE SET
    is_on = excluded.is_on, most_in_a_week = excluded.most_in_a_week, agreed = excluded.agreed, changed_at = excluded.changed_at;

-- name: own_contact
-- The contact that is a resident, and whether a question reaches them: of their channels one is confirmed, and not known to be dead.
SELECT
    contact.contact_id AS number,
    EXISTS (
        SELECT FROM contact_channel AS channel
        WHERE channel.contact_id = contact.contact_id AND channel.confirmed_at IS NOT NULL AND channel.unreachable_since IS NULL
            AND channel.kind = ANY(%(kinds)s::text[])
    ) AS is_reachable
FROM contact
WHERE contact.resident_id = %(resident)s AND contact.is_resident AND contact.is_active;

-- name: asked_first
-- Those of some residents who are asked first, how often they were lately, and how they are reached.
SELECT
    agreed.resident_id AS resident, agreed.most_in_a_week, reachable.contact_id AS contact,
    (SELECT count(*) FROM prompt WHERE prompt.resident_id = agreed.resident_id AND prompt.asked_at > %(since)s)::integer AS asked_lately
FROM prompt_setting AS agreed
JOIN contact AS reachable ON reachable.resident_id = agreed.resident_id AND reachable.is_resident AND reachable.is_active
WHERE
    agreed.resident_id = ANY(%(residents)s::integer[]) AND agreed.is_on
    AND EXISTS (
        SELECT FROM contact_channel AS channel
        WHERE channel.contact_id = reachable.contact_id AND channel.confirmed_at IS NOT NULL AND channel.unreachable_since IS NULL
            AND channel.kind = ANY(%(kinds)s::text[])
    );

-- name: add_prompt
-- Note that a resident is asked about what began when; once.
INSERT INTO prompt (resident_id, contact_id, rule, began_at, asked_at, line_at)
VALUES (%(resident)s, %(contact)s, %(rule)s, %(began_at)s, %(now)s, %(line_at)s)
ON CONFLICT (resident_id, rule, began_at) DO NOTHING
RETURNING prompt_id;

-- name: carry
-- Let the question about a silence follow it, where late readings gave it another beginning, and return it: any that was asked since then.
WITH asked AS (
    SELECT prompt_id
    FROM prompt
    WHERE resident_id = %(resident)s AND rule = %(rule)s AND asked_at > %(began_at)s
    ORDER BY asked_at DESC
    LIMIT 1
), moved AS (
    UPDATE prompt SET began_at = %(began_at)s, line_at = %(line_at)s
    FROM asked
    WHERE
        prompt.prompt_id = asked.prompt_id AND prompt.answer IS NULL AND prompt.asked_at < %(line_at)s
        AND (prompt.began_at, prompt.line_at) IS DISTINCT FROM (%(began_at)s, %(line_at)s)
        AND NOT EXISTS (
            SELECT FROM prompt AS other
            WHERE
                other.resident_id = %(resident)s AND other.rule = %(rule)s AND other.began_at = %(began_at)s
                AND other.prompt_id <> asked.prompt_id
        )
)
SELECT prompt_id FROM asked;

-- name: prompts
-- One question, the latest of a resident, or the latest that a rule put from when a silence began until it was raised.
SELECT
    prompt_id AS number, resident_id AS resident, contact_id AS contact, rule, began_at, asked_at, line_at, channel, sent_at, answer,
    answered_at, is_in_time
FROM prompt
WHERE
    (%(number)s::bigint IS NULL OR prompt_id = %(number)s)
    AND (%(resident)s::integer IS NULL OR resident_id = %(resident)s)
    AND (%(rule)s::text IS NULL OR (rule = %(rule)s AND asked_at > %(began_at)s AND asked_at <= %(raised_at)s))
ORDER BY asked_at DESC
LIMIT %(limit)s;

-- name: recent
-- The latest question since a moment to each of some residents.
SELECT DISTINCT ON (resident_id)
    prompt_id AS number, resident_id AS resident, contact_id AS contact, rule, began_at, asked_at, line_at, channel, sent_at, answer,
    answered_at, is_in_time
FROM prompt
WHERE resident_id = ANY(%(residents)s::integer[]) AND asked_at > %(since)s
ORDER BY resident_id, asked_at DESC;

-- name: is_awaited
-- Whether an answer to a question still says something: it would come before the alert, the resident is watched and asked, and nobody at home
-- has moved since.
SELECT
    prompt.answer IS NULL AND prompt.line_at > %(now)s AND agreed.is_on AND resident.ended_at IS NULL
    AND (resident.paused_from IS NULL OR NOT (resident.paused_from <= %(now)s AND %(now)s < resident.paused_until))
    AND coalesce(life.life_sign_at <= prompt.asked_at, true)
FROM prompt
JOIN prompt_setting AS agreed USING (resident_id)
JOIN resident USING (resident_id)
LEFT JOIN home_latest AS life ON life.home_id = resident.home_id
WHERE prompt.prompt_id = %(prompt)s;

-- name: raised_about
-- The alert that was raised about what a question asked.
SELECT raised.alert_id
FROM prompt
JOIN alert_episode AS raised ON raised.rule = prompt.rule AND raised.subject_kind = 'resident'
    AND raised.subject_number = prompt.resident_id AND raised.area IS NULL AND raised.began_at < prompt.asked_at
WHERE
    prompt.prompt_id = %(prompt)s AND raised.withdrawn_at IS NULL
    AND (raised.cleared_at IS NULL OR raised.cleared_at > prompt.asked_at)
ORDER BY raised.began_at DESC
LIMIT 1;

-- name: is_help_called
-- Whether a call of a resident for help is one that nobody has closed.
SELECT EXISTS (
    SELECT FROM alert
    WHERE rule = %(rule)s AND subject_kind = 'resident' AND resident_id = %(resident)s AND handling <> 'closed'
);

-- name: outcomes
-- What became of the questions since a moment.
SELECT
    CASE
        WHEN answer = 'help' THEN 'help'
        WHEN answer = 'safe' THEN CASE WHEN is_in_time THEN 'safe' ELSE 'late' END
        WHEN sent_at IS NULL THEN 'not_sent'
        ELSE 'none'
    END AS answer,
    count(*)
FROM prompt
WHERE asked_at > %(since)s
GROUP BY 1;

-- name: prompt_on_line
-- The question that one of our messages on LINE put, if it went to this user: since a moment, or ever.
SELECT prompt.prompt_id, channel.contact_channel_id
FROM contact_channel AS channel
JOIN notice ON notice.contact_id = channel.contact_id AND notice.kind = 'prompt' AND notice.request_key::text = %(key)s
JOIN prompt ON prompt.prompt_id = (notice.body ->> 'prompt')::bigint
WHERE channel.kind = 'line' AND channel.address = %(user)s
    AND (%(since)s::timestamptz IS NULL OR prompt.asked_at > %(since)s);

-- name: note_sent
-- Note on which channel a question left.
UPDATE prompt SET channel = %(channel)s, sent_at = %(now)s WHERE prompt_id = %(prompt)s AND sent_at IS NULL;

-- name: answer
-- Note an answer: the first one, or a call for help, however often. Late readings may move the beginning of a silence, so what was raised
-- since the question counts, or went on when it was put.
UPDATE prompt SET
    answer = %(answer)s, answered_at = %(now)s,
    is_in_time = %(answer)s = 'safe' AND NOT EXISTS (
        SELECT FROM alert_episode AS raised
        WHERE
            raised.rule = prompt.rule AND raised.subject_kind = 'resident' AND raised.subject_number = prompt.resident_id
            AND raised.area IS NULL AND raised.withdrawn_at IS NULL
            AND (
                raised.raised_at >= prompt.asked_at
                OR (raised.began_at < prompt.asked_at AND (raised.cleared_at IS NULL OR raised.cleared_at > prompt.asked_at))
            )
    )
WHERE prompt_id = %(prompt)s AND (answer IS NULL OR %(answer)s = 'help')
RETURNING is_in_time;

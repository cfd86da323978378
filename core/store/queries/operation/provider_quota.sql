-- How many messages a provider's month still allows.

-- name: put
-- Write down what the provider said.
INSERT INTO provider_quota (provider, message_limit, used, asked_at)
VALUES (%(provider)s, %(limit)s, %(used)s, %(now)s)
ON CONFLICT (provider) DO UPDATE
SET message_limit = excluded.message_limit, used = excluded.used, asked_at = excluded.asked_at;

-- name: state
-- What the provider said last, and what we have sent since.
SELECT
    message_limit AS most, used + (
        SELECT count(*)::integer FROM delivery WHERE kind = provider AND accepted_at > provider_quota.asked_at
    ) AS used,
    asked_at
FROM provider_quota
WHERE provider = %(provider)s;

-- Contacts as operators manage them.

-- name: listing
-- Contacts with the residents they are notified about: all, or those of one resident or one user.
SELECT
    contact.contact_id AS number, coalesce(resident.name, office.name) AS about, contact.name, contact.relation,
    contact.step, contact.channel, contact.address, user_account.login, contact.is_active, contact.quiet_from,
    contact.quiet_until
FROM addressed_contact AS contact
LEFT JOIN resident ON resident.resident_id = contact.resident_id
LEFT JOIN office ON office.office_id = contact.office_id
LEFT JOIN user_account ON user_account.user_id = contact.user_id
WHERE
    (%(resident)s::integer IS NULL OR contact.resident_id = %(resident)s)
    AND (%(user)s::integer IS NULL OR contact.user_id = %(user)s)
ORDER BY contact.resident_id NULLS FIRST, contact.step, contact.contact_id;

-- name: set_active
-- Notify a contact again, or stop notifying it.
UPDATE contact SET is_active = %(is_active)s, version = version + 1 WHERE contact_id = %(contact)s;

-- name: set_quiet_hours
-- Set when a resident's contact is not woken; null: notified at any hour. Says whether it is a resident's.
UPDATE contact
SET
    version = version + 1,
    quiet_from = CASE WHEN resident_id IS NOT NULL THEN %(quiet_from)s::time END,
    quiet_until = CASE WHEN resident_id IS NOT NULL THEN %(quiet_until)s::time END
WHERE contact_id = %(contact)s
RETURNING resident_id IS NOT NULL;

-- name: cancel_waiting
-- Drop what waits for a contact who is notified no more.
UPDATE notification
SET status = 'cancelled', last_error = 'contact_disabled'
WHERE contact_id = %(contact)s AND status = 'pending';

-- name: others
-- How many are still notified about the same resident, or for the same office.
SELECT count(*)
FROM contact AS gone
JOIN contact AS other ON other.resident_id = gone.resident_id OR other.office_id = gone.office_id
WHERE gone.contact_id = %(contact)s AND other.is_active AND NOT other.is_resident;

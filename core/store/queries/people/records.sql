-- Residents, homes, contacts, offices and accounts as they are filled in and changed: each with its version.

-- name: resident
-- One resident's fields.
SELECT resident_id AS number, version, name, kana, born_on, phone, office_id AS office, alert_on_night_exit
FROM resident WHERE resident_id = %(number)s;

-- name: change_resident
-- Change a resident, unless somebody else was first.
UPDATE resident
SET
    name = %(name)s, kana = %(kana)s, born_on = %(born_on)s, phone = %(phone)s, office_id = %(office)s,
    alert_on_night_exit = %(alert_on_night_exit)s, version = version + 1
WHERE resident_id = %(number)s AND version = %(version)s;

-- name: add_resident
-- Register a resident.
INSERT INTO resident (home_id, office_id, name, kana, born_on, phone, watched_from, alert_on_night_exit)
VALUES (%(home)s, %(office)s, %(name)s, %(kana)s, %(born_on)s, %(phone)s, %(watched_from)s, %(alert_on_night_exit)s)
RETURNING resident_id;

-- name: home
-- One home's fields.
SELECT home_id AS number, version, name, area, time_zone, lat, lon FROM home WHERE home_id = %(number)s;

-- name: change_home
-- Change a home, unless somebody else was first.
UPDATE home
SET
    name = %(name)s, area = %(area)s, time_zone = %(time_zone)s, lat = %(lat)s, lon = %(lon)s, version = version + 1
WHERE home_id = %(number)s AND version = %(version)s;

-- name: add_home
-- Register a home.
INSERT INTO home (name, area, time_zone, lat, lon)
VALUES (%(name)s, %(area)s, %(time_zone)s, %(lat)s, %(lon)s)
RETURNING home_id;

-- name: home_names
-- The names that homes have.
SELECT home_id, name FROM home;

-- name: contact
-- One contact's fields.
SELECT
    contact_id AS number, version, name, relation, calls_resident, step, language, user_id AS user, quiet_from,
    quiet_until, is_active, is_duty_only, is_tested_monthly, digest, is_resident
FROM contact WHERE contact_id = %(number)s;

-- name: change_contact
-- Change a contact, unless somebody else was first.
UPDATE contact
SET
    name = %(name)s, relation = %(relation)s, calls_resident = %(calls_resident)s, step = %(step)s,
    language = %(language)s, user_id = %(user)s, quiet_from = %(quiet_from)s, quiet_until = %(quiet_until)s,
    is_active = %(is_active)s, is_duty_only = %(is_duty_only)s, is_tested_monthly = %(is_tested_monthly)s,
    digest = %(digest)s, version = version + 1
WHERE contact_id = %(number)s AND version = %(version)s;

-- name: add_contact
-- Register a contact of a resident, or of an office's centre.
INSERT INTO contact (
    resident_id, office_id, user_id, name, relation, calls_resident, step, language, quiet_from, quiet_until, is_active,
    is_duty_only, is_tested_monthly, digest, is_resident
)
VALUES (
    %(resident)s, %(centre)s, %(user)s, %(name)s, %(relation)s, %(calls_resident)s, %(step)s, %(language)s,
    %(quiet_from)s, %(quiet_until)s, %(is_active)s, %(is_duty_only)s, %(is_tested_monthly)s, %(digest)s, %(is_resident)s
)
RETURNING contact_id;

-- name: office
-- One office's fields.
SELECT office_id AS number, version, name, phone, is_active, role, is_tested_monthly FROM office WHERE office_id = %(number)s;

-- name: change_office
-- Change an office, unless somebody else was first.
UPDATE office
SET
    name = %(name)s, phone = %(phone)s, is_active = %(is_active)s, is_tested_monthly = %(is_tested_monthly)s,
    version = version + 1
WHERE office_id = %(number)s AND version = %(version)s;

-- name: add_office
-- Register an office.
INSERT INTO office (name, phone, is_active, role, is_tested_monthly)
VALUES (%(name)s, %(phone)s, %(is_active)s, %(role)s, %(is_tested_monthly)s)
RETURNING office_id;

-- name: office_names
-- The names that offices have.
SELECT office_id, name FROM office;

-- name: account
-- One account's fields.
SELECT user_id AS number, version, login, name, role, office_id AS office, language, is_active
FROM user_account WHERE user_id = %(number)s;

-- name: change_account
-- Change an account, unless somebody else was first.
UPDATE user_account
SET
    login = %(login)s, name = %(name)s, role = %(role)s, office_id = %(office)s, language = %(language)s,
    is_active = %(is_active)s, version = version + 1
WHERE user_id = %(number)s AND version = %(version)s;

-- name: add_account
-- Register somebody who signs in.
INSERT INTO user_account (login, name, role, office_id, language, password_hash, is_active, created_at)
VALUES (%(login)s, %(name)s, %(role)s, %(office)s, %(language)s, %(password_hash)s, %(is_active)s, %(now)s)
RETURNING user_id;

-- name: owner_of_contact
-- Of which resident or office a contact is.
SELECT resident_id AS resident, office_id AS office FROM contact WHERE contact_id = %(number)s;

-- name: touch_contact
-- Say that something of a contact changed.
UPDATE contact SET version = version + 1 WHERE contact_id = %(number)s;

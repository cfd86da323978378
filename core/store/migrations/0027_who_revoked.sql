-- Who took a credential away; and how often an account's credential or code changed, so that a form made before is known as old.
ALTER TABLE broker_account
    ADD COLUMN revoked_by_user integer REFERENCES user_account ON DELETE SET NULL,
    ADD COLUMN version integer NOT NULL DEFAULT 0;

-- Who planned an absence and who confirmed it are accounts.
UPDATE absence SET created_by_user = NULL
WHERE NOT EXISTS (SELECT FROM user_account AS u WHERE u.user_id = created_by_user);
UPDATE absence SET confirmed_by_user = NULL
WHERE NOT EXISTS (SELECT FROM user_account AS u WHERE u.user_id = confirmed_by_user);
ALTER TABLE absence
    ADD FOREIGN KEY (created_by_user) REFERENCES user_account ON DELETE SET NULL,
    ADD FOREIGN KEY (confirmed_by_user) REFERENCES user_account ON DELETE SET NULL;

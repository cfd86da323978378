-- Technicians fit the devices of an office's homes, and belong to that office as care staff do.
ALTER TABLE user_account
    DROP CONSTRAINT user_account_role_check,
    DROP CONSTRAINT user_account_check,
    ADD CONSTRAINT user_account_role_check
        CHECK (role IN ('admin', 'care', 'family', 'technician', 'official', 'tester')),
    ADD CONSTRAINT user_account_check CHECK (role NOT IN ('care', 'technician') OR office_id IS NOT NULL);

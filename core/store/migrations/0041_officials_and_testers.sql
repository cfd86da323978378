-- Officials see the ward's figures and nobody, testers the simulated ward: neither belongs to an office.
ALTER TABLE user_account
    DROP CONSTRAINT user_account_role_check,
    ADD CONSTRAINT user_account_role_check CHECK (role IN ('admin', 'care', 'family', 'official', 'tester'));

-- A profile can be tried on a sender that nobody registered, and on all devices of a model.
ALTER TABLE profile_trial
    ADD COLUMN sender text,
    ADD COLUMN model text,
    ALTER COLUMN device_number DROP NOT NULL,
    ADD CHECK (num_nonnulls(device_number, sender, model) = 1);

-- Whether a device that follows no profile gets one from what its bridge describes; not where a person took its profile away.
ALTER TABLE device ADD COLUMN follows_descriptions boolean NOT NULL DEFAULT true;

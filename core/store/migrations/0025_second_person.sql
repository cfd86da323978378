-- A pause of the watch that one relative plans, or that is long, holds only when a second person has confirmed it.
ALTER TABLE absence
    ADD COLUMN needs_second boolean NOT NULL DEFAULT false,
    ADD COLUMN confirmed_at timestamptz,
    ADD COLUMN confirmed_by_user integer;

-- The ledger: who looked at whose data and who changed what, each row sealed over the seal before it. Whoever writes a row writes that it
-- waits, in the same transaction and without waiting for anybody; one sealer takes what waits, in order. The salt keeps what an erasure
-- takes away from being guessed by its digest: it goes with the row, or is made anew.
ALTER TABLE access_log
    ADD COLUMN by_contact_id integer,
    ADD COLUMN salt uuid NOT NULL DEFAULT gen_random_uuid(),
    -- Whoever is given the whole ledger looks at everybody.
    ALTER COLUMN resident_id DROP NOT NULL,
    ADD CONSTRAINT access_log_whose CHECK (resident_id IS NOT NULL OR what = 'ledger');
ALTER TABLE watch_change ADD COLUMN salt uuid NOT NULL DEFAULT gen_random_uuid();
ALTER TABLE office_change ADD COLUMN salt uuid NOT NULL DEFAULT gen_random_uuid();

CREATE TABLE ledger_seal (
    ledger_seal_id bigint PRIMARY KEY,
    source text NOT NULL CHECK (source IN ('access_log', 'watch_change', 'office_change', 'ledger_cut')),
    row_number bigint NOT NULL,
    at timestamptz NOT NULL,
    cause text NOT NULL CHECK (cause IN ('written', 'erasure', 'simulation')),
    erasure_id integer,
    digest bytea,
    seal bytea NOT NULL,
    CHECK ((cause = 'erasure') = (erasure_id IS NOT NULL))
);
CREATE INDEX ledger_seal_row ON ledger_seal (source, row_number, ledger_seal_id);
CREATE INDEX ledger_seal_at ON ledger_seal (at);

CREATE TABLE ledger_pending (
    ledger_pending_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    source text NOT NULL CHECK (source IN ('access_log', 'watch_change', 'office_change', 'ledger_cut')),
    row_number bigint NOT NULL,
    at timestamptz NOT NULL CHECK (isfinite(at)),
    cause text NOT NULL CHECK (cause IN ('written', 'erasure', 'simulation')),
    erasure_id integer,
    CHECK ((cause = 'erasure') = (erasure_id IS NOT NULL))
);
CREATE INDEX ledger_pending_row ON ledger_pending (source, row_number);

-- Where the ledger begins since its oldest entries went: everything up to `through`, whose seal is `seal`.
CREATE TABLE ledger_cut (
    ledger_cut_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL,
    before timestamptz NOT NULL,
    through bigint NOT NULL,
    entries bigint NOT NULL,
    seal bytea NOT NULL,
    salt uuid NOT NULL DEFAULT gen_random_uuid()
);

-- Whoever may insert a row needs no right to what waits, and so can take nothing out of it.
CREATE FUNCTION add_to_ledger() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO ledger_pending (source, row_number, at, cause)
    VALUES (tg_table_name, (to_jsonb(new) ->> (tg_table_name || '_id'))::bigint, new.at, 'written');
    RETURN NULL;
END
$$;

-- A row is changed or goes only where its transaction says why (`erasure <number>`; only goes: `simulation`, `cut`), and only by a login
-- that may do so itself: whoever may delete a resident takes no row along by that alone. No other table may write here by these functions.
CREATE FUNCTION guard_ledger() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    said text := coalesce(current_setting('mimamori.ledger_cause', true), '');
    said_at timestamptz := nullif(current_setting('mimamori.ledger_at', true), '')::timestamptz;
BEGIN
    IF said !~ '^(erasure [0-9]+|simulation|cut)$' OR (said IN ('simulation', 'cut') AND tg_op <> 'DELETE')
        OR tg_table_schema <> 'public' OR NOT has_table_privilege(session_user, tg_relid, tg_op) THEN
        RAISE EXCEPTION 'rows of % are never changed and never go', tg_table_name USING ERRCODE = 'restrict_violation';
    END IF;
    IF said <> 'cut' THEN
        INSERT INTO ledger_pending (source, row_number, at, cause, erasure_id)
        VALUES (
            tg_table_name, (to_jsonb(old) ->> (tg_table_name || '_id'))::bigint, coalesce(said_at, old.at), split_part(said, ' ', 1),
            nullif(split_part(said, ' ', 2), '')::integer
        );
    END IF;
    IF tg_op = 'DELETE' THEN
        RETURN old;
    END IF;
    new.salt := gen_random_uuid();
    RETURN new;
END
$$;

CREATE FUNCTION guard_ledger_seals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tg_op = 'DELETE' AND current_setting('mimamori.ledger_cause', true) = 'cut' THEN
        RETURN old;
    END IF;
    RAISE EXCEPTION 'seals of the ledger are never changed and never go' USING ERRCODE = 'restrict_violation';
END
$$;

-- A trigger fires without this right; nobody else hangs one of them on a table of their own.
REVOKE EXECUTE ON FUNCTION add_to_ledger(), guard_ledger() FROM PUBLIC;

CREATE TRIGGER access_log_in_ledger AFTER INSERT ON access_log FOR EACH ROW EXECUTE FUNCTION add_to_ledger();
CREATE TRIGGER access_log_stays BEFORE UPDATE OR DELETE ON access_log FOR EACH ROW EXECUTE FUNCTION guard_ledger();
CREATE TRIGGER watch_change_in_ledger AFTER INSERT ON watch_change FOR EACH ROW EXECUTE FUNCTION add_to_ledger();
CREATE TRIGGER watch_change_stays BEFORE UPDATE OR DELETE ON watch_change FOR EACH ROW EXECUTE FUNCTION guard_ledger();
CREATE TRIGGER office_change_in_ledger AFTER INSERT ON office_change FOR EACH ROW EXECUTE FUNCTION add_to_ledger();
CREATE TRIGGER office_change_stays BEFORE UPDATE OR DELETE ON office_change FOR EACH ROW EXECUTE FUNCTION guard_ledger();
CREATE TRIGGER ledger_cut_in_ledger AFTER INSERT ON ledger_cut FOR EACH ROW EXECUTE FUNCTION add_to_ledger();
CREATE TRIGGER ledger_cut_stays BEFORE UPDATE OR DELETE ON ledger_cut FOR EACH ROW EXECUTE FUNCTION guard_ledger();
CREATE TRIGGER ledger_seal_stays BEFORE UPDATE OR DELETE ON ledger_seal FOR EACH ROW EXECUTE FUNCTION guard_ledger_seals();

-- What was written before there was a ledger is sealed as it is now.
INSERT INTO ledger_pending (source, row_number, at, cause)
SELECT source, row_number, at, 'written'
FROM (
    SELECT 'access_log' AS source, access_log_id AS row_number, at FROM access_log
    UNION ALL
    SELECT 'watch_change', watch_change_id, at FROM watch_change
    UNION ALL
    SELECT 'office_change', office_change_id, at FROM office_change
) AS written
ORDER BY at, source, row_number;

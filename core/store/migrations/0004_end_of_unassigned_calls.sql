-- When an unassigned call was said to be over, so that the order in which workers store what they received makes no difference.

ALTER TABLE unassigned_call ADD COLUMN over_at timestamptz;

UPDATE unassigned_call SET over_at = last_at WHERE is_over;

-- Release 0.2.0 writes whether it is over, and not when. While processes of it still run, each side sees what the other writes. A later
-- release drops the trigger and the column.
CREATE FUNCTION keep_end_of_unassigned_call() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.is_over AND NOT OLD.is_over AND NEW.over_at IS NOT DISTINCT FROM OLD.over_at THEN
        NEW.over_at := greatest(NEW.over_at, NEW.last_at);
    END IF;
    NEW.is_over := coalesce(NEW.over_at >= NEW.last_at, false);
    RETURN NEW;
END
$$;
CREATE TRIGGER unassigned_call_of_release_before BEFORE INSERT OR UPDATE ON unassigned_call
FOR EACH ROW EXECUTE FUNCTION keep_end_of_unassigned_call();

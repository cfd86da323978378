-- A connection has one name, however its device and its bridge are spelled: in small letters, with composed marks.
DELETE FROM connection_break AS one
USING connection_break AS other
WHERE lower(normalize(one.senders)) = lower(normalize(other.senders)) AND one.began_at = other.began_at
    AND (coalesce(one.ended_at, '-infinity'), one.senders) < (coalesce(other.ended_at, '-infinity'), other.senders);

UPDATE connection_break SET senders = lower(normalize(senders)) WHERE senders <> lower(normalize(senders));

-- Release 0.2.0 writes the name as it was spelled. A later release drops the trigger.
CREATE FUNCTION spell_connection_break() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.senders := lower(normalize(NEW.senders));
    RETURN NEW;
END
$$;
CREATE TRIGGER connection_break_of_release_before BEFORE INSERT OR UPDATE OF senders ON connection_break
FOR EACH ROW EXECUTE FUNCTION spell_connection_break();

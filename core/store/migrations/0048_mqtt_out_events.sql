-- What is yet to be published stands here from the transaction in which it happens: an event is numbered when it is written and seen when
-- that is committed, so no number says what was published. Nothing is kept where nobody publishes.
CREATE TABLE mqtt_out_event (
    alert_event_id bigint PRIMARY KEY REFERENCES alert_event (alert_event_id) ON DELETE CASCADE
);
INSERT INTO mqtt_out_event (alert_event_id)
SELECT e.alert_event_id FROM alert_event AS e JOIN mqtt_out AS o ON e.alert_event_id > o.through;

CREATE FUNCTION keep_for_mqtt_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO mqtt_out_event (alert_event_id) SELECT new.alert_event_id WHERE EXISTS (SELECT FROM mqtt_out);
    RETURN NULL;
END
$$;
CREATE TRIGGER alert_event_to_publish AFTER INSERT ON alert_event
FOR EACH ROW EXECUTE FUNCTION keep_for_mqtt_out();

ALTER TABLE mqtt_out DROP COLUMN through, DROP COLUMN latest;

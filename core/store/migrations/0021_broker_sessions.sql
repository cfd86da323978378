-- A broker keeps what a client once asked for and never lists it: what is no longer wanted can only be given back by name.
CREATE TABLE broker_session (
    client_id     text        PRIMARY KEY,
    subscriptions text[]      NOT NULL
);

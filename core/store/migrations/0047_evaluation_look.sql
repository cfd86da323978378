-- Up to when a process last looked which homes are to be evaluated: by it we know whether anybody was watched, whatever becomes of the rules of the ward.
CREATE TABLE evaluation_look (
    is_only  boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    through  timestamptz NOT NULL
);

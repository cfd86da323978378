-- The oldest entries go, with their rows; the seal of the last of them stays.

-- name: through
-- The last entry that may go: all up to it are too old, a piece of them at most.
SELECT least(
    coalesce((SELECT min(ledger_seal_id) - 1 FROM ledger_seal WHERE at >= %(before)s), (SELECT max(ledger_seal_id) FROM ledger_seal)),
    (SELECT min(ledger_seal_id) - 1 + %(most)s FROM ledger_seal)
);

-- name: seal_of
-- The seal of an entry.
SELECT seal FROM ledger_seal WHERE ledger_seal_id = %(through)s;

-- name: drop_rows
-- Delete the rows of a table about which every entry goes.
DELETE FROM "[table]" AS t
USING ledger_seal AS s
WHERE
    s.source = '[table]' AND s.row_number = t.[table]_id AND s.ledger_seal_id <= %(through)s
    AND NOT EXISTS (
        SELECT FROM ledger_seal AS later
        WHERE later.source = s.source AND later.row_number = s.row_number AND later.ledger_seal_id > %(through)s
    )
    AND NOT EXISTS (
        SELECT FROM ledger_pending AS waits WHERE waits.source = s.source AND waits.row_number = s.row_number
    );

-- name: drop_entries
-- Delete the entries.
DELETE FROM ledger_seal WHERE ledger_seal_id <= %(through)s;

-- name: note
-- Keep what went, and the last seal of it.
INSERT INTO ledger_cut (at, before, through, entries, seal)
VALUES (%(now)s, %(before)s, %(through)s, %(entries)s, %(seal)s);

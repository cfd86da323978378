-- How long a silence of a resident may last beyond the usual, in the words that staff choose from.

-- name: get
-- The setting of a resident.
SELECT sensitivity FROM resident WHERE resident_id = %(resident)s;

-- name: set
-- Change it; nothing if it is so already.
UPDATE resident SET sensitivity = %(sensitivity)s
WHERE resident_id = %(resident)s AND sensitivity <> %(sensitivity)s
RETURNING resident_id;

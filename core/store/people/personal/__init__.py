"""Everything that is kept of one person: found, given out, erased, and searched for."""

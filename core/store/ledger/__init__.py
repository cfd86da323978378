"""The ledger: sealed in order, checked, given out, and cut where it is too old."""

"""A window of readings of one home, loaded from the store."""

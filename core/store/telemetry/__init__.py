"""What devices said: batches of readings, windows over them, numbers that are missing, blind time, quarantine."""

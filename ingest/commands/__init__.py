"""What the command line asks of ingest: decode a message, release what was quarantined."""

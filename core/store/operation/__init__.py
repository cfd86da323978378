"""The health of the processes, the feed of changes, the shared simulation."""

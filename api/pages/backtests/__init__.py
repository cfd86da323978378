"""Pages that try settings on the past."""

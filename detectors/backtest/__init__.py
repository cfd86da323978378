"""The same rules on the stored past."""

"""Backups that can be proven: a dump with a list of what it holds, and restores that are compared with that list."""

"""Counters, and when each device was last heard."""

"""Counters, and the last contact of each device."""

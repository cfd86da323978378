"""Decoded messages become rows: timestamps, deduplication, limits, fast and slow path."""

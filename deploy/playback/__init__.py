"""Scenarios and recordings through the real service."""

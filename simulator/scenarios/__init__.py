"""Scenario files: reading, binding to a ward, ground truth; the library."""

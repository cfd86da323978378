"""Counts about people that name nobody: which cells may be published, and how the others are merged."""

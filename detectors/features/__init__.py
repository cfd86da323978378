"""What is computed from a window of readings; pure functions over numpy arrays."""

"""What staff do about the work of an office as a whole."""

"""Recorded data played again: read from a file, registered as homes and devices, published as native messages."""

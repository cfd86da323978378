"""Devices: registration, moves, proposals and accounts of the broker."""

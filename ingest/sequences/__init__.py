"""Sequence numbers of native devices: gaps, retransmission, and the protocol of commands to devices."""

"""Numbers of devices: gaps, retransmission, and what is said to a device of it."""

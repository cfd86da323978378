"""From the device to the broker: lossy channel, retransmission, payloads."""

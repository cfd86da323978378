"""Who asks, what they may see and do, and the gate in front of places."""

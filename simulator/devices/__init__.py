"""The made-up devices: sensors, trackers and their faults."""

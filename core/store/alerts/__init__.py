"""Alerts with their events and notifications, answer links, and calls of devices that nobody assigned."""

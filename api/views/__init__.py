"""What pages and JSON both read: status, baseline, week, live stream."""

"""What people change, called by pages and JSON alike."""

"""Files that people exchange with the service, checked when they are read."""

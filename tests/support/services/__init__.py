"""Real services of a test's own: database, broker, processes, networks, disks."""

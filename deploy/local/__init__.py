"""Programs of this machine: Mosquitto, PostgreSQL, packages, ports."""

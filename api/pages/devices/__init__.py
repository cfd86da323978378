"""Pages about devices: list, enrolment."""

"""Pages about residents: list, day, absences, zones."""

"""Who is asked, when, and who is on duty: escalation policies as data, and the pure functions that read them."""

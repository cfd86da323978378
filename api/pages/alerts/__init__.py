"""Pages about alerts: one alert, the history, the link in a message."""

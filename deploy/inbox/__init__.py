"""The demo's outside world: a mail server and a webhook that show, on one page, what the family's phones would show."""

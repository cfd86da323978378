"""Links in messages that let a contact do one thing without signing in."""

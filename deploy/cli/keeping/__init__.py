"""Commands that keep what the service knows: backups, restores, and the proof that they come back."""

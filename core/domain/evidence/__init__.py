"""What a message proves about a person: the profiles of devices, and the edges of states."""

"""Residents, contacts, users, what is planned and learned of them, and who looked."""

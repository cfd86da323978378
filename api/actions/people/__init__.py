"""Residents, homes, contacts and accounts: add, change, end, take back."""

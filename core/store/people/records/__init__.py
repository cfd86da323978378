"""Residents, homes, contacts, offices and accounts as they are registered, changed and ended, each with its history."""

"""Reason cards in sentences, and times in words."""

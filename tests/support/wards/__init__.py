"""Wards, homes and days to test with."""

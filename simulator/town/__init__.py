"""The made-up ward: streets, climate, homes, names."""

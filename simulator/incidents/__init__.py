"""What happens to residents and devices, by kind."""

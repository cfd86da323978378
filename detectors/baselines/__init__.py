"""What is learned of each resident, day by day, and kept in the store."""

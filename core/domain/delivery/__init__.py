"""How contacts are reached: their channels, and what became of each delivery."""

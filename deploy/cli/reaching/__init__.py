"""Commands about how contacts are reached: their channels, and the keys for what is stored encrypted."""

"""Whether contacts can be reached: the monthly tests of their channels."""

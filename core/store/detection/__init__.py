"""What is due to be evaluated, areas, and backtests."""

"""The demo: its stack of processes and its first start."""

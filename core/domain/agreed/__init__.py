"""What people agreed on for one resident beyond what is learned of them."""

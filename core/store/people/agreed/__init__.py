"""What people agreed on for one resident, as it is stored."""

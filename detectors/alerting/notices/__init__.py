"""What an office is to know beside alerts: who cannot be reached tonight."""

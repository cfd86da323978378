"""What is kept of people, homes and offices, and changed by page, interface and import alike."""

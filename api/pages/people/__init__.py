"""Pages with which people, homes, contacts, offices and accounts are registered and changed."""

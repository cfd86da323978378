"""Routes with which residents, homes, contacts, offices and accounts are registered, imported and changed."""

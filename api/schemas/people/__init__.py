"""Models of residents, homes, contacts, offices and accounts as they are registered, imported and changed."""

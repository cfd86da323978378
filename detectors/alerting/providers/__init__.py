"""The services that take messages to telephones and programs: one module for the requests of each, one exchange for all."""

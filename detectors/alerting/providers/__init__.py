"""The services that take messages to telephones, programs and browsers: one module for the requests of each, one exchange for all."""

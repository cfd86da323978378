"""What `mimamori doctor` looks at: each module checks one thing that the service stands on."""

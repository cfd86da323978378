"""What is evaluated once a day: batteries, stuck devices, slow decline."""

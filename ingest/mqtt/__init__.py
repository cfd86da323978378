"""The connection to the broker, messages and the queue of them, topics."""

"""What several processes share: domain types, the store, settings, logs and the clock."""

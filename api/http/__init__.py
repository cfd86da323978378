"""What every answer has: headers, protection of forms, sizes, errors, rate limits."""

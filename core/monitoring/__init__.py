"""What the service says about itself at `/metrics`: which figures there are, counting them, and serving them."""

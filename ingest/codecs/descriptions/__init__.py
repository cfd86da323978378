"""What bridges and devices say of themselves: which fields their messages have, and what is read of them."""

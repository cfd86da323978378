"""Passwords, broker hashes, enrolment codes, device labels and the certificates of the broker."""

"""What people do about their own sign-in: passwords, sessions, proofs of who they are."""

"""Signing in: where somebody is signed in, and what proves who they are."""

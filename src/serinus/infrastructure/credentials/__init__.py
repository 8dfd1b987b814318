"""Secrets: hashing passwords, signing tokens, sealing stored answers."""

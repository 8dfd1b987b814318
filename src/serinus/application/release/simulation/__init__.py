"""Releases on made-up traffic: what the judge is worth, in numbers."""

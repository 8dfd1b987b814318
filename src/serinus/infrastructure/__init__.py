"""Adapters: PostgreSQL, Redis, the environment, credentials."""

"""The schema, step by step, and what brings a database up to date."""

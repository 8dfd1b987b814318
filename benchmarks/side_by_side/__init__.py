"""Engines, contracts, peers and limits over real HTTP, in turns, and what comes of it."""

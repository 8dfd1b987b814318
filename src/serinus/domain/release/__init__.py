"""How a candidate engine earns traffic, and how it loses it."""

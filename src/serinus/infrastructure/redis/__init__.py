"""What nodes share through Redis or Valkey. Nothing here is the only copy of anything."""

"""What a user types: `serinus serve | migrate | import | user | release | openapi | doctor`."""

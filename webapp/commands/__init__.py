"""What the `plenum` command does for organisers, by noun."""

"""Running Plenum."""

"""What is live."""

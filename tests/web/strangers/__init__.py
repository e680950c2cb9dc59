"""What strangers try, and what they must find."""

"""The meeting place: its forms, and how pages show it."""

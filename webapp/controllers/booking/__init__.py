"""Booking, changing, waiting and paying, over HTTP."""

"""Booking, from the first click to the last credit note."""

"""Booking: forms, the view of a booking, changes by two at once, the invoice as PDF."""

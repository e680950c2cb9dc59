"""Bookings, their delegates, seats, waiting list and invoices."""

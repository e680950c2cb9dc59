"""Profiles, notes, contacts, round tables and care."""

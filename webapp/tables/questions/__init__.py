"""Panels, questions, votes and moderation."""

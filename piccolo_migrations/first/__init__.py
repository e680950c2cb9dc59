"""Every table as the first migration makes it.

What changes since has a migration of its own. Nothing here changes.
"""

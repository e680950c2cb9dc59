"""The meeting place over HTTP."""

"""The conference, its file and its programme."""

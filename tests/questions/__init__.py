"""Questions: asked, voted for, moderated and shown."""

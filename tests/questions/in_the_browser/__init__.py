"""The panel in browsers."""

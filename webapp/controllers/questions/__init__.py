"""The panel, the moderators' desk and the big screen, over HTTP."""

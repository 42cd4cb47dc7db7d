"""The read side of the shop view, over HTTP."""

"""The read side of the trending view: what sells just now, over HTTP."""

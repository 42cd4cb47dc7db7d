"""Hold the stock against the log."""

"""The user id that stands for whoever the log does not name."""

UNKNOWN = "UNKNOWN"
"""Who gets the credit where the log does not say who offered or photographed the product."""

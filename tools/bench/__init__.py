"""Measure cost and speed in the local cloud."""

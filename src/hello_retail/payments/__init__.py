"""Payments: the port to a payment provider, and the simulated provider."""

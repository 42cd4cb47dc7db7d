"""Shared by stream consumers: watermarks, batch reads, responses to the mapping."""

"""Formats of the log: record ids, archive objects, quarantine objects."""

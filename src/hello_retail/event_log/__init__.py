"""How the log is written down: the place of a record, the archive's objects, the quarantine's objects."""

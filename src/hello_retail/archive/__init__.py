"""The consumer that archives the log: one compressed object for each batch."""

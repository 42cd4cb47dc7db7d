"""What is in the quarantine: list it, show it, put it on the stream again."""

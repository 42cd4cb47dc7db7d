"""Write to the stream, read it, and keep it in a file."""

"""What is for sale: recounted from the log, and as stored."""

"""The consumer that keeps the log beyond the stream's retention: each batch as one compressed object."""

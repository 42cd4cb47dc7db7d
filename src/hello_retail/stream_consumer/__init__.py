"""What the functions that read the stream share: watermarks, batch reads, the answer to the mapping."""

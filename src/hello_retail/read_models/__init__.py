"""Table layouts that a view shares with the API that reads it."""

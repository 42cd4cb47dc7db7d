"""What is for sale: an independent fold of the log, and what the shop view's tables hold."""

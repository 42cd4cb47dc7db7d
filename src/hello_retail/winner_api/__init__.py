"""The read side: who is winning, and who offered and photographed each product, over HTTP."""

"""The consumer that keeps sales by product, weighted by their age."""

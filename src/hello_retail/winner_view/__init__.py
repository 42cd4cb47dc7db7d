"""The consumer that keeps each product's contributors and their scores."""

"""The HTTP API of the winners and of each product's contributors."""

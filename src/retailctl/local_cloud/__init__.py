"""A local cloud with an environment in it: up, down and demo."""

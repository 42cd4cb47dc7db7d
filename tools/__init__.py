"""What maintainers run and users never do: generators, validation, release."""

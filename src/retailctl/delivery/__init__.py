"""Plan, apply and look after an environment."""

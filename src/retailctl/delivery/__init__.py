"""Plan, apply and monitor an environment."""

"""Orders: what was ordered, at which price, and how far an order has come."""

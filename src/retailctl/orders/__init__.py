"""Look after the orders: what became of them, and whether stock, money and log agree with that."""

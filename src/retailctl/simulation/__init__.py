"""Play a workshop: who offers, photographs and buys, and by which way."""

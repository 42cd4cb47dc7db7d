"""What runs in Lambda: one package per function, beside what they share."""

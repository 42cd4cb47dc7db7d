"""The consumer that folds the log into catalog, categories, stock and carts."""

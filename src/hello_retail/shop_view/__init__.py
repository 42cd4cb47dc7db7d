"""The consumer that folds the log into catalog, categories and stock."""

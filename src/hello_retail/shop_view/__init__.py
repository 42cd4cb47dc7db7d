"""The consumer that folds the log into what the shop sells: catalog, categories and stock."""

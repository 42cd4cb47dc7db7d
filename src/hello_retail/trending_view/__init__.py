"""The consumer that folds the log into what sells just now: sales by product, weighted by their age."""

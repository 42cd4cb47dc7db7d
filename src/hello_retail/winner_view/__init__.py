"""The consumer that folds the log into who offered, who photographed and who is winning."""

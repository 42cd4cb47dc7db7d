"""The operator's command line: package, local cloud, play, publish, winners, cost."""

"""What a day costs: the workload, the measured units, the price list, the bill."""

"""What a day costs: workload, measured units, price list and bill."""

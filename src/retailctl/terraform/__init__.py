"""Run Terraform and read what it says."""

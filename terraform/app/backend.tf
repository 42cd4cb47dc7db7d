# The rest comes from environments/<environment>/backend.hcl.
terraform {
  backend "s3" {}
}

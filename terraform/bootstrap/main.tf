# Applied once per account, by a person, with its state in a local file: the bucket that it makes keeps every other state.

module "key" {
  source = "../../modules/encryption-key"

  name                 = var.state_bucket_name
  description          = "Encrypts the Terraform states of ${local.project_file.title}"
  log_group_patterns   = []
  deletion_window_days = var.force_destroy ? 7 : 30
}

module "state" {
  source = "../../modules/bucket"

  name           = var.state_bucket_name
  kms_key_arn    = module.key.arn
  force_destroy  = var.force_destroy
  lifecycle_days = { expire_noncurrent = var.state_history_days }

  # What `retailctl rollback` takes: each apply keeps its build there.
  expiring_prefixes = { builds = { prefix = "builds/", days = var.build_days } }
}

# A destroy would strip the bucket of its policy before S3 refused to delete what is not empty; this refuses it whole, at plan.
# Who means it runs `terraform state rm 'terraform_data.keep[0]'`, then applies and destroys with force_destroy = true.
resource "terraform_data" "keep" {
  count = var.force_destroy ? 0 : 1

  input = module.state.id

  lifecycle {
    prevent_destroy = true
  }
}

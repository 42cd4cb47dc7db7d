output "apply_role_arns" {
  description = "ARNs of the roles by which CI applies, by environment; empty without a repository."
  value       = merge(module.ci_roles[*].apply_role_arns...)
}

output "boundary_arns" {
  description = "ARNs of the boundaries that the roles of each environment carry; empty without a repository."
  value       = merge(module.ci_roles[*].boundary_arns...)
}

output "github_repository" {
  description = "Repository whose workflows may take on the roles; null where there are none."
  value       = var.github_repository
}

output "key_arn" {
  description = "ARN of the key that encrypts the states: who plans needs `kms:Decrypt` on it, who applies `kms:GenerateDataKey` too."
  value       = module.key.arn
}

output "state_bucket" {
  description = "Name of the bucket that keeps the states."
  value       = module.state.id
}

output "state_bucket_arn" {
  description = "ARN of the bucket that keeps the states."
  value       = module.state.arn
}

output "plan_role_arns" {
  description = "ARNs of the roles by which CI plans, by environment; empty without a repository."
  value       = merge(module.ci_roles[*].plan_role_arns...)
}

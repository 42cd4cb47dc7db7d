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

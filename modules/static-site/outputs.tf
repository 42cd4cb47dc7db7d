output "bucket" {
  description = "Name of the bucket that the site's files are put into."
  value       = module.files.id
}

output "content_security_policy" {
  description = "The Content-Security-Policy that every answer has."
  value       = local.content_security_policy
}

output "dashboard_widgets" {
  description = "Widgets for a CloudWatch dashboard, each `type` and `properties`, without their places: the caller lays them out."
  value       = local.dashboard_widgets
}

output "distribution_arn" {
  description = "ARN of the distribution."
  value       = aws_cloudfront_distribution.this.arn
}

output "distribution_id" {
  description = "Id of the distribution."
  value       = aws_cloudfront_distribution.this.id
}

output "domain_name" {
  description = "CloudFront's own name of the distribution: where a domain of yours points to."
  value       = aws_cloudfront_distribution.this.domain_name
}

output "policy_statements" {
  description = "What an identity needs to deploy: `list`, `read`, `write` and `delete` on the files, and `invalidate` for who does not name files by their content. The key's statements come beside them."
  value = {
    list   = module.files.policy_statements.list
    read   = module.files.policy_statements.read
    write  = module.files.policy_statements.write
    delete = module.files.policy_statements.delete
    invalidate = {
      actions    = ["cloudfront:CreateInvalidation"]
      resources  = [aws_cloudfront_distribution.this.arn]
      conditions = []
    }
  }
}

output "url" {
  description = "Address of the site, without a slash at its end, once CloudFront may read its files."
  value       = "https://${var.domain == null ? aws_cloudfront_distribution.this.domain_name : var.domain.names[0]}"
  depends_on  = [module.files]
}

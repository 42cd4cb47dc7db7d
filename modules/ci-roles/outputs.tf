output "apply_role_arns" {
  description = "ARNs of the roles that apply, by environment."
  value       = { for name in keys(var.environments) : name => aws_iam_role.this["${name}-apply"].arn }
  depends_on  = [aws_iam_role_policy_attachment.this]
}

output "boundary_arns" {
  description = "ARNs of the boundaries that roles made by CI have to carry, by environment."
  value       = { for name, boundary in aws_iam_policy.boundary : name => boundary.arn }
}

output "plan_role_arns" {
  description = "ARNs of the roles that plan, by environment."
  value       = { for name in keys(var.environments) : name => aws_iam_role.this["${name}-plan"].arn }
  depends_on  = [aws_iam_role_policy_attachment.this]
}

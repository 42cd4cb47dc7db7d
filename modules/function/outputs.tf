output "alarm_arns" {
  description = "ARNs of the alarms: `errors`, `throttles`, `duration`; with a canary also `canary_errors`. None without `alarms_enabled`."
  value = merge(
    { for name, alarm in aws_cloudwatch_metric_alarm.this : name => alarm.arn },
    { for alarm in aws_cloudwatch_metric_alarm.canary_errors : "canary_errors" => alarm.arn },
  )
}

output "alias_arn" {
  description = "ARN of the alias `live`: what a stream or a queue triggers."
  value       = aws_lambda_alias.live.arn
  depends_on  = [aws_iam_role_policy.this, aws_iam_role_policy_attachment.this]
}

output "alias_invoke_arn" {
  description = "ARN by which API Gateway calls the alias `live`."
  value       = aws_lambda_alias.live.invoke_arn
  depends_on  = [aws_iam_role_policy.this, aws_iam_role_policy_attachment.this]
}

output "alias_name" {
  description = "Name of the alias: the qualifier of every permission to invoke."
  value       = aws_lambda_alias.live.name
}

output "arn" {
  description = "ARN of the function, without a version."
  value       = aws_lambda_function.this.arn
}

output "dashboard_widgets" {
  description = "Widgets for a CloudWatch dashboard, each `type` and `properties`, without their places: the caller lays them out."
  value       = local.dashboard_widgets
}

output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "log_group_name" {
  description = "Name of the function's log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "role_arn" {
  description = "ARN of the function's role."
  value       = local.role_arn
}

output "role_name" {
  description = "Name of the function's role, for modules that add to what it may do."
  value       = local.role_name
}

output "timeout_seconds" {
  description = "Seconds after which an invocation is ended: what a queue's visibility timeout is derived from."
  value       = aws_lambda_function.this.timeout
}

output "version" {
  description = "Newest version: the one that `live` points at, unless a canary holds it."
  value       = aws_lambda_function.this.version
}

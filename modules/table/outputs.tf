locals {
  actions = {
    delete = ["dynamodb:DeleteItem"]
    get    = ["dynamodb:BatchGetItem", "dynamodb:GetItem"]
    put    = ["dynamodb:PutItem"]
    query  = ["dynamodb:Query"]
    read   = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"]
    scan   = ["dynamodb:Scan"]
    update = ["dynamodb:UpdateItem"]
    write  = ["dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
  }
}

output "alarm_arns" {
  description = "ARNs of the alarms by what they watch: `read_throttles`, `write_throttles`, `system_errors`."
  value = merge(
    { for name, alarm in aws_cloudwatch_metric_alarm.throttles : name => alarm.arn },
    { system_errors = aws_cloudwatch_metric_alarm.system_errors.arn },
  )
}

output "arn" {
  description = "The table's ARN."
  value       = aws_dynamodb_table.this.arn
}

output "dashboard_widgets" {
  description = "Widgets for a CloudWatch dashboard, each `type` and `properties`, without their places: the caller lays them out."
  value       = local.dashboard_widgets
}

output "name" {
  description = "The table's name."
  value       = aws_dynamodb_table.this.name
}

output "policy_statements" {
  description = "What an identity needs on the table, by verb: `get`, `query`, `scan`, `put`, `update`, `delete`, or all that `read` or `write` means. The key's statements come beside them."
  value = {
    for verb, actions in local.actions : verb => {
      actions   = actions
      resources = [aws_dynamodb_table.this.arn]
    }
  }
}

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
  description = "ARNs of the alarms by what they watch: `read_throttles`, `write_throttles`, `system_errors`, and of each index `<name>.read_throttles` and `<name>.write_throttles`."
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

output "index_policy_statements" {
  description = "What an identity needs to read an index, by the index's name and by verb: `query`, `scan`. Neither reads the table itself, and the table's statements read no index."
  value = {
    for name in keys(var.indexes) : name => {
      for verb in ["query", "scan"] : verb => {
        actions   = local.actions[verb]
        resources = ["${aws_dynamodb_table.this.arn}/index/${name}"]
      }
    }
  }
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

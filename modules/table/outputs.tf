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
  description = "ARNs of the alarms by what they watch: `read_throttles`, `write_throttles`, `system_errors`, and of each index `<name>.read_throttles` and `<name>.write_throttles`. None without `alarms_enabled`."
  value = merge(
    { for name, alarm in aws_cloudwatch_metric_alarm.throttles : name => alarm.arn },
    { for alarm in aws_cloudwatch_metric_alarm.system_errors : "system_errors" => alarm.arn },
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

# The label of a stream is new whenever it is switched on; all of this table's are meant.
output "stream_policy_statements" {
  description = "What a consumer needs on the table's stream: `read`. It needs the key's `decrypt` beside it."
  value = {
    read = {
      actions   = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"]
      resources = ["${aws_dynamodb_table.this.arn}/stream/*"]
    }
  }
}

output "stream_arn" {
  description = "ARN of the table's stream; null without `stream_view_type`."
  value       = var.stream_view_type == null ? null : aws_dynamodb_table.this.stream_arn
}

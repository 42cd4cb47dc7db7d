output "alarm_arns" {
  description = "ARNs of the alarms by what they watch: `write_throttles`. Empty without `alarms_enabled`."
  value       = { for alarm in aws_cloudwatch_metric_alarm.write_throttles : "write_throttles" => alarm.arn }
}

output "arn" {
  description = "The stream's ARN."
  value       = aws_kinesis_stream.this.arn
}

output "dashboard_widgets" {
  description = "Widgets for a CloudWatch dashboard, each `type` and `properties`, without their places: the caller lays them out."
  value       = local.dashboard_widgets
}

output "name" {
  description = "The stream's name."
  value       = aws_kinesis_stream.this.name
}

output "policy_statements" {
  description = "What an identity needs on the stream: `read` for a consumer (with shared throughput, as an event source mapping has), `write` for a producer, `put_record` for one that sends a record at a time. Each needs the key's statements too."
  value = {
    put_record = {
      actions   = ["kinesis:PutRecord"]
      resources = [aws_kinesis_stream.this.arn]
    }
    read = {
      actions = [
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
      ]
      resources = [aws_kinesis_stream.this.arn]
    }
    write = {
      actions   = ["kinesis:PutRecord", "kinesis:PutRecords"]
      resources = [aws_kinesis_stream.this.arn]
    }
  }
}

output "retention_hours" {
  description = "Hours that a record stays readable: what a consumer's patience must stay below."
  value       = aws_kinesis_stream.this.retention_period
}

output "writer_role_arn" {
  description = "ARN of the role by which `writer_account_ids` put records; null where there are none."
  value       = one(aws_iam_role.writers[*].arn)
  depends_on  = [aws_iam_role_policy.writers]
}

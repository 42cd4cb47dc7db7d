output "alarm_arns" {
  description = "ARNs of the alarms by what they watch: `write_throttles`."
  value       = { write_throttles = aws_cloudwatch_metric_alarm.write_throttles.arn }
}

output "arn" {
  description = "The stream's ARN."
  value       = aws_kinesis_stream.this.arn
}

output "name" {
  description = "The stream's name."
  value       = aws_kinesis_stream.this.name
}

output "policy_statements" {
  description = "What an identity needs on the stream: `read` for a consumer (with shared throughput, as an event source mapping has), `write` for a producer. Both need the key's statements too."
  value = {
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

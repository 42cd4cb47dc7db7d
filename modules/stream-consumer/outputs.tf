output "alarm_arns" {
  description = "ARNs of the alarms: `iterator_age`, `given_up`, `dropped`. None without `alarms_enabled`."
  value = merge(
    { for alarm in aws_cloudwatch_metric_alarm.iterator_age : "iterator_age" => alarm.arn },
    { for name, alarm in aws_cloudwatch_metric_alarm.given_up : replace(name, "-", "_") => alarm.arn },
  )
}

output "arn" {
  description = "ARN of the event source mapping."
  value       = aws_lambda_event_source_mapping.this.arn
}

output "consumer_arn" {
  description = "ARN of the stream's consumer that the mapping reads by; null without `fan_out`."
  value       = one(aws_kinesis_stream_consumer.this[*].arn)
}

output "dashboard_widgets" {
  description = "Widgets for a CloudWatch dashboard, each `type` and `properties`, without their places: the caller lays them out."
  value       = local.dashboard_widgets
}

output "maximum_record_age_seconds" {
  description = "Age at which a record that still fails is given up."
  value       = local.maximum_record_age_seconds
}

output "policy_json" {
  description = "What the function's role needs for this consumer, as a policy document: what the module attaches, or you do where `function.attach_policy` is false."
  value       = data.aws_iam_policy_document.this.json
}

output "uuid" {
  description = "Id of the event source mapping: in its metrics, and in the keys of the failure destination's objects."
  value       = aws_lambda_event_source_mapping.this.uuid
}

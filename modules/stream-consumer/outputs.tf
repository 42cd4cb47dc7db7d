output "alarm_arns" {
  description = "ARNs of the alarms: `iterator_age`, `given_up`, `dropped`."
  value = {
    iterator_age = aws_cloudwatch_metric_alarm.iterator_age.arn
    given_up     = aws_cloudwatch_metric_alarm.given_up["given-up"].arn
    dropped      = aws_cloudwatch_metric_alarm.given_up["dropped"].arn
  }
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

output "uuid" {
  description = "Id of the event source mapping: in its metrics, and in the keys of the failure destination's objects."
  value       = aws_lambda_event_source_mapping.this.uuid
}

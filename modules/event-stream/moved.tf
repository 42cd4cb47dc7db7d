# After 0.1.0.
moved {
  from = aws_cloudwatch_metric_alarm.write_throttles
  to   = aws_cloudwatch_metric_alarm.write_throttles[0]
}

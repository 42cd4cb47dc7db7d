# After 0.1.0.
moved {
  from = aws_cloudwatch_metric_alarm.sign_in_throttles
  to   = aws_cloudwatch_metric_alarm.sign_in_throttles[0]
}

moved {
  from = aws_cloudwatch_metric_alarm.failed_sign_ins
  to   = aws_cloudwatch_metric_alarm.failed_sign_ins[0]
}

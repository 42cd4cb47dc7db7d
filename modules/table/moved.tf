# After 0.1.0: alarms can be switched off.
moved {
  from = aws_cloudwatch_metric_alarm.system_errors
  to   = aws_cloudwatch_metric_alarm.system_errors[0]
}

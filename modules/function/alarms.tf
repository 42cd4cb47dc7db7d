locals {
  alarms = {
    errors = {
      metric_name        = "Errors"
      statistic          = "Sum"
      extended_statistic = null
      threshold          = var.alarms.errors
      description        = "${var.name} failed more than ${var.alarms.errors} times in ${var.alarms.period_seconds} s. Read its log group for the error; a stream consumer's batches are being retried meanwhile."
    }
    throttles = {
      metric_name        = "Throttles"
      statistic          = "Sum"
      extended_statistic = null
      threshold          = var.alarms.throttles
      description        = "${var.name} was refused more than ${var.alarms.throttles} times in ${var.alarms.period_seconds} s. Look at the account's concurrency limit and at what the function has reserved."
    }
    duration = {
      metric_name        = "Duration"
      statistic          = null
      extended_statistic = "p99"
      threshold          = var.timeout_seconds * 1000 * var.alarms.duration_share
      description        = "${var.name} takes more than ${var.alarms.duration_share * 100} % of its timeout of ${var.timeout_seconds} s (P99). Look for throttled or slow calls, smaller batches, more memory or a longer timeout."
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/Lambda"
  metric_name         = each.value.metric_name
  dimensions          = { FunctionName = aws_lambda_function.this.function_name }
  statistic           = each.value.statistic
  extended_statistic  = each.value.extended_statistic
  period              = var.alarms.period_seconds
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
  tags                = var.tags
}

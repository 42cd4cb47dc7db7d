locals {
  # The end of a description: where its runbook is.
  runbook = { for name in ["function-canary-errors", "function-duration", "function-errors", "function-throttles"] : name => var.runbooks_url == "" ? "" : " Runbook: ${var.runbooks_url}/${name}.md" }

  # Behind the function's name; none may end in another of any module, or two names could make one alarm.
  alarm_suffixes = { errors = "function-errors", throttles = "function-throttles", duration = "duration" }

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
  for_each = { for name, alarm in local.alarms : name => alarm if var.alarms_enabled }

  alarm_name          = "${var.name}-${local.alarm_suffixes[each.key]}"
  alarm_description   = "${each.value.description}${local.runbook["function-${each.key}"]}"
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

# Only there while a canary is: the newest version's own errors, told apart from those of the one that keeps serving.
resource "aws_cloudwatch_metric_alarm" "canary_errors" {
  count = local.tries_newest && var.alarms_enabled ? 1 : 0

  alarm_name          = "${var.name}-canary-errors"
  alarm_description   = "The newest version of ${var.name}, which is being tried on ${var.canary.weight * 100} % of the calls, failed more than ${var.alarms.errors} times in ${var.alarms.period_seconds} s. Take it back.${local.runbook["function-canary-errors"]}"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  statistic           = "Sum"
  period              = var.alarms.period_seconds
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.alarms.errors
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
  tags                = var.tags

  dimensions = {
    FunctionName    = aws_lambda_function.this.function_name
    Resource        = "${aws_lambda_function.this.function_name}:${aws_lambda_alias.live.name}"
    ExecutedVersion = aws_lambda_function.this.version
  }
}

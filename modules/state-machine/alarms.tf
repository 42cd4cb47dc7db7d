locals {
  # The end of a description: where its runbook is.
  runbook = { for name in ["execution-failed", "execution-throttled"] : name => var.runbooks_url == "" ? "" : " Runbook: ${var.runbooks_url}/${name}.md" }

  # https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
  alarms = {
    failed = {
      metric_name = "ExecutionsFailed"
      runbook     = "execution-failed"
      threshold   = var.alarms.failed
      description = "More than ${var.alarms.failed} executions of ${var.name} failed in ${var.alarms.period_seconds} s. Read error and cause in its log group, then the function of the state that failed."
    }
    timed-out = {
      metric_name = "ExecutionsTimedOut"
      runbook     = "execution-failed"
      threshold   = var.alarms.timed_out
      description = "More than ${var.alarms.timed_out} executions of ${var.name} ran out of time in ${var.alarms.period_seconds} s. Look for the state that they were in: nobody answered it."
    }
    aborted = {
      metric_name = "ExecutionsAborted"
      runbook     = "execution-failed"
      threshold   = var.alarms.aborted
      description = "More than ${var.alarms.aborted} executions of ${var.name} were stopped in ${var.alarms.period_seconds} s. CloudTrail's StopExecution says by whom."
    }
    throttled = {
      metric_name = "ExecutionThrottled"
      runbook     = "execution-throttled"
      threshold   = var.alarms.throttled
      description = "Step Functions held back state transitions of ${var.name} more than ${var.alarms.throttled} times in ${var.alarms.period_seconds} s: executions are slow, none is lost. Start fewer at once, or ask AWS for a higher quota of state transitions."
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = { for name, alarm in local.alarms : name => alarm if var.alarms_enabled }

  # No other module's names end in these, or two names could make one alarm.
  alarm_name          = "${var.name}-executions-${each.key}"
  alarm_description   = "${each.value.description}${local.runbook[each.value.runbook]}"
  namespace           = "AWS/States"
  metric_name         = each.value.metric_name
  dimensions          = { StateMachineArn = aws_sfn_state_machine.this.arn }
  statistic           = "Sum"
  period              = var.alarms.period_seconds
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
  tags                = var.tags
}

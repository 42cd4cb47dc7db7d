locals {
  # The end of a description: where its runbook is.
  runbook = { for name in ["queue-age", "queue-dead-letters"] : name => var.runbooks_url == "" ? "" : " Runbook: ${var.runbooks_url}/${name}.md" }

  alarms = {
    age = {
      queue       = aws_sqs_queue.this.name
      metric_name = "ApproximateAgeOfOldestMessage"
      threshold   = var.alarms.age_seconds
      periods     = var.alarms.evaluation_periods
      description = "The oldest message of ${var.name} has waited for more than ${var.alarms.age_seconds} s. Read the errors and throttles of ${var.function.name} first; if it only has too much to do, raise maximum_concurrency or batch_size."
    }
    dead-letters = {
      queue       = aws_sqs_queue.dead_letters.name
      metric_name = "ApproximateNumberOfMessagesVisible"
      threshold   = 0
      periods     = 1
      description = "${var.function.name} failed ${var.maximum_receives} times with a message of ${var.name}; it is in ${var.name}-dead-letters for what is left of 14 days. Fix the cause, then start a redrive of that queue."
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = { for name, alarm in local.alarms : name => alarm if var.alarms_enabled }

  # No other module's names end in these, or two names could make one alarm.
  alarm_name          = "${var.name}-queue-${each.key}"
  alarm_description   = "${each.value.description}${local.runbook["queue-${each.key}"]}"
  namespace           = "AWS/SQS"
  metric_name         = each.value.metric_name
  dimensions          = { QueueName = each.value.queue }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = each.value.periods
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
  tags                = var.tags
}

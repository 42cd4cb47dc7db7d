locals {
  throttles = {
    read_throttles = {
      metric      = "ReadThrottleEvents"
      description = "Reads of the table ${var.name} are throttled: one partition takes more than its share, or traffic grew faster than on-demand capacity follows."
      threshold   = var.alarms.read_throttles
    }
    write_throttles = {
      metric      = "WriteThrottleEvents"
      description = "Writes to the table ${var.name} are throttled: one partition takes more than its share, or traffic grew faster than on-demand capacity follows."
      threshold   = var.alarms.write_throttles
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "throttles" {
  for_each = local.throttles

  alarm_name          = "${var.name}-${replace(each.key, "_", "-")}"
  alarm_description   = each.value.description
  namespace           = "AWS/DynamoDB"
  metric_name         = each.value.metric
  dimensions          = { TableName = aws_dynamodb_table.this.name }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = var.alarms.evaluation_minutes
  datapoints_to_alarm = var.alarms.breaching_minutes
  threshold           = each.value.threshold
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
  tags                = var.tags
}
